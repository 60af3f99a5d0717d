resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name = "v"
  vault_type = "DEFAULT"
}
variable "m" { default = "HSM" }
locals { x = var.m }
output "o" { value = local.x }
resource "oci_kms_key" "k" {
  compartment_id = "c"
  display_name = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode = local.x
  key_shape {
    algorithm = "AES"
    length = 32
  }
  dynamic "auto_key_rotation_details" {
    for_each = [90]
    content { rotation_interval_in_days = auto_key_rotation_details.value }
  }
}
