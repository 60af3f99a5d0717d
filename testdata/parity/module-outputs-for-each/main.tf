resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
module "names" {
  source   = "./names"
  for_each = toset(["x", "y"])
  prefix   = each.key
}
locals {
  all   = flatten([for m in module.names : m.names])
  byset = { for k, m in module.names : k => m.mode }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = toset(local.all)
  protection_mode = local.byset[substr(each.key, 0, 1)]
}
resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = length(module.names["x"].names)
  display_name    = module.names["x"].names[count.index]
  protection_mode = values(module.names)[count.index].mode
}
