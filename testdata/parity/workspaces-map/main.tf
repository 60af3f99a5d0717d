resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
locals {
  by = {
    default = { mode = "SOFTWARE", n = 0 }
    prod    = { mode = "HSM", n = 2 }
  }
  w = lookup(local.by, terraform.workspace, local.by.default)
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = local.w.n
  protection_mode = local.w.mode
  display_name    = "${terraform.workspace}-${count.index}"
}
