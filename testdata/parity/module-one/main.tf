module "key" {
  source        = "./modules/key"
  name          = "one"
  endpoint      = oci_kms_vault.main.management_endpoint
  software      = true
  rotation_days = "200"
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}
