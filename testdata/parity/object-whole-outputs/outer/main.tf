resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

module "inner" {
  source   = "./inner"
  for_each = { a = "SOFTWARE", b = null }
  mode     = each.value
  endpoint = oci_kms_vault.main.management_endpoint
}

output "settings" {
  value = merge({ mode = "EXTERNAL" }, { endpoint = oci_kms_vault.main.management_endpoint, mode = "HSM" })
}
output "list" { value = [{ rotate = oci_kms_vault.main.vault_type == "VIRTUAL_PRIVATE" }] }
output "keys" { value = { for k, m in module.inner : k => m.key } }
