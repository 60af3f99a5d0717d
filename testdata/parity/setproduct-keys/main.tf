resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
locals {
  envs  = ["dev", "prod"]
  kinds = { db = "HSM", app = "SOFTWARE" }
  all = { for p in setproduct(local.envs, keys(local.kinds)) : join("/", p) => {
    mode = local.kinds[p[1]]
    on   = p[0] == "prod"
  } }
  grouped = { for k, v in local.all : v.mode => k... }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each                 = local.all
  protection_mode          = each.value.mode
  is_auto_rotation_enabled = each.value.on ? true : null
}
resource "oci_kms_key" "g" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each     = local.grouped
  display_name = join("+", each.value)
}
