resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "terraform_data" "t" {}
locals {
  m = { a = "HSM", b = "HSM" }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode          = lookup(local.m, terraform_data.t.id, "HSM")
  display_name             = local.m["a"]
  is_auto_rotation_enabled = contains(keys(local.m), terraform_data.t.id)
}
