resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "which" {
  default = "mod"
}

module "v" {
  source = "./${var.which}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

