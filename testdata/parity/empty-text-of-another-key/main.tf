resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "first" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "first"
  management_endpoint = oci_kms_vault.main.management_endpoint
  protection_mode     = ""

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = 0
    time_of_schedule_start    = ""
  }
}

resource "oci_kms_key" "second" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "second"
  management_endpoint = oci_kms_vault.main.management_endpoint
  protection_mode     = coalesce(oci_kms_key.first.protection_mode, "HSM")

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = oci_kms_key.first.auto_key_rotation_details[0].rotation_interval_in_days + 90
    time_of_schedule_start    = coalesce(oci_kms_key.first.auto_key_rotation_details[0].time_of_schedule_start, "2027-01-31T00:00:00Z")
  }
}
