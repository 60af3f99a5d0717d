module "keys" {
  source  = "example-corp/kms/oci"
  version = "~> 1.2"

  endpoint = oci_kms_vault.main.management_endpoint
  keys     = { a = "SOFTWARE", b = null }
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}
