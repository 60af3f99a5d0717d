variable "name" {}
variable "type" {}
resource "oci_kms_vault" "this" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = var.name
  vault_type     = var.type
}
output "endpoint" { value = oci_kms_vault.this.management_endpoint }
output "private" { value = var.type == "VIRTUAL_PRIVATE" }
