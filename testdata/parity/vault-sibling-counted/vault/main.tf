variable "type" { default = "DEFAULT" }
resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = var.type
}
output "endpoint" { value = oci_kms_vault.main.management_endpoint }
