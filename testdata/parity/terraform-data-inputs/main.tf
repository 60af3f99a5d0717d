resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "terraform_data" "cfg" {
  input            = { mode = "HSM", days = 90 }
  triggers_replace = ["SOFTWARE"]
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode          = terraform_data.cfg.input.mode
  display_name             = terraform_data.cfg.triggers_replace[0]
  is_auto_rotation_enabled = terraform_data.cfg.output == null
  auto_key_rotation_details {
    rotation_interval_in_days = terraform_data.cfg.input["days"]
  }
}
