resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  auto_key_rotation_details {
    rotation_interval_in_days = 90
    time_of_schedule_start    = timeadd("2027-01-31T00:00:00Z", "${24 * 30}h")
  }
  display_name    = formatdate("EEEE, DD-MMM-YY hh:mm:ss ZZZ", "2027-02-28T23:59:59-05:30")
  protection_mode = timecmp("2027-01-01T00:00:00Z", "2027-01-01T01:00:00+01:00") == 0 ? "HSM" : "SOFTWARE"
}
