resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "terraform_data" "first" {}

module "m" {
  source     = "./m"
  depends_on = [terraform_data.first]
  endpoint   = oci_kms_vault.main.management_endpoint
}
