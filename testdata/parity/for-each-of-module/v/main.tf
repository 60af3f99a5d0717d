variable "type" {}
resource "oci_kms_vault" "v" {
  compartment_id = "c"
  display_name   = "v"
  vault_type     = var.type
}
output "endpoint" {
  value = oci_kms_vault.v.management_endpoint
}
output "vault" {
  value = oci_kms_vault.v
}
