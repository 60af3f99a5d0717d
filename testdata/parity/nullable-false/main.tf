resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

module "null_given" {
  source   = "./key"
  endpoint = oci_kms_vault.main.management_endpoint
  mode     = null
  loose    = null
}

module "nothing_given" {
  source   = "./key"
  endpoint = oci_kms_vault.main.management_endpoint
}
