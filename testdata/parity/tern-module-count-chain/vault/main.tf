resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}
output "endpoint" {
  value = oci_kms_vault.v.management_endpoint
}
