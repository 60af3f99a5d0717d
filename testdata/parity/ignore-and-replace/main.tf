resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "terraform_data" "t" {
  input = "HSM"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = terraform_data.t.input
  display_name    = coalesce(terraform_data.t.output, "x")
  lifecycle {
    ignore_changes       = [protection_mode, auto_key_rotation_details[0].rotation_interval_in_days]
    replace_triggered_by = [terraform_data.t.output]
  }
}
