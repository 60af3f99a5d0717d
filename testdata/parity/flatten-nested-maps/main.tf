resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "tree" {
  default = {
    dev  = { a = { mode = "HSM" }, b = {} }
    prod = { a = { mode = "SOFTWARE" } }
  }
}
locals {
  flat = merge([for env, keys in var.tree : { for name, k in keys : "${env}.${name}" => merge({ mode = null }, k) }]...)
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = local.flat
  protection_mode = each.value.mode
}
