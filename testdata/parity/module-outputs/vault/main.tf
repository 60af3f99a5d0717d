variable "type" {}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = var.type
}

output "management_endpoint" { value = oci_kms_vault.main.management_endpoint }
output "vault" { value = oci_kms_vault.main }
output "by_name" {
  value = { for v in [oci_kms_vault.main] : v.display_name => { endpoint = v.management_endpoint, type = v.vault_type } }
}
output "is_private" { value = oci_kms_vault.main.vault_type == "VIRTUAL_PRIVATE" }
output "default_mode" {
  value     = var.type == "DEFAULT" ? "SOFTWARE" : "HSM"
  sensitive = false
}
