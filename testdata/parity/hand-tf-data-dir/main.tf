module "key" {
  source   = "git::https://git.example.com/kms.git//modules/key?ref=v1"
  endpoint = oci_kms_vault.main.management_endpoint
}
resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}
