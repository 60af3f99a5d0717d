resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "which" {
  default = "mod"
}

locals {
  path = "./${var.which}"
}

module "v" {
  source = "./${var.which}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "l" {
  source = local.path
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "w" {
  source = terraform.workspace == "default" ? "./mod" : "./other"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "r" {
  source = "./${oci_kms_vault.v.display_name}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

