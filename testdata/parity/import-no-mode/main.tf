resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
import {
  to = oci_kms_key.k
  id = "keys/x"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  is_auto_rotation_enabled = true
}
import {
  to = module.m.module.n[0].oci_kms_key.k["z"]
  id = "keys/${local.id}"
}
locals {
  id = "q"
}
module "m" {
  source = "./m"
}
