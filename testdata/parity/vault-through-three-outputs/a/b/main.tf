variable "type" {}
resource "oci_kms_vault" "v" {
  compartment_id = "c"
  display_name   = "v"
  vault_type     = var.type
}
output "info" {
  value = { endpoint = oci_kms_vault.v.management_endpoint, type = oci_kms_vault.v.vault_type }
}
