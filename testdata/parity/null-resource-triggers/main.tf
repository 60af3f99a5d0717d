resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "null_resource" "n" {
  triggers = { mode = "HSM", n = 90, b = true }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode          = null_resource.n.triggers.mode
  is_auto_rotation_enabled = null_resource.n.triggers.b
  display_name             = null_resource.n.triggers["n"] == 90 ? "number" : "text"
  auto_key_rotation_details {
    rotation_interval_in_days = null_resource.n.triggers.n
  }
}
