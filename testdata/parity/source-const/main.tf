resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "which" {
  type    = string
  default = "mod"
  const   = true
}

variable "given" {
  type  = string
  const = true
}

locals {
  path    = "./${var.which}"
  through = "${local.path}"
}

module "variable" {
  source = "./${var.which}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "local" {
  source = local.path
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "through" {
  source = local.through
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "given" {
  source = "./${var.given}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "outer" {
  source   = "./outer"
  inner    = "deep"
  endpoint = oci_kms_vault.v.management_endpoint
}
