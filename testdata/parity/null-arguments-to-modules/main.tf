resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {
  type    = string
  default = null
}

module "passes_null" {
  source   = "./m"
  endpoint = oci_kms_vault.main.management_endpoint
  mode     = var.mode
  settings = { days = null }
}

module "passes_nothing" {
  source   = "./m"
  endpoint = oci_kms_vault.main.management_endpoint
}

module "passes_empty" {
  source   = "./m"
  endpoint = oci_kms_vault.main.management_endpoint
  mode     = ""
  settings = {}
}

module "passes_null_object" {
  source   = "./m"
  endpoint = oci_kms_vault.main.management_endpoint
  settings = null
}
