resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {}
module "b" {
  source   = "./b"
  for_each = toset(["x", "y"])
  mode     = var.mode
  endpoint = oci_kms_vault.main.management_endpoint
}
