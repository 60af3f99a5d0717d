resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
module "before" {
  source = /* local */ "./mod"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "behind" {
  source = "./mod" /* local */
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "name" {
  source /* x */ = "./mod"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "line" {
  source = "./mod" # "./other"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

# module "no" {
#   source = "./mod"
# }
