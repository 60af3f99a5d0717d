resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "terraform_data" "t" {}
locals {
  mixed = { a = "HSM", b = terraform_data.t.id, c = ["x", terraform_data.t.id] }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode          = local.mixed.a
  display_name             = "${local.mixed.c[0]}-${length(local.mixed.c)}-${length(local.mixed)}"
  is_auto_rotation_enabled = contains(keys(local.mixed), "b")
}
resource "oci_kms_key" "j" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode          = lookup({ x = local.mixed.b }, "y", "SOFTWARE")
  display_name             = one([for x in [terraform_data.t.id] : "z"])
  is_auto_rotation_enabled = length([for x in local.mixed.c : x if x == "x"]) > 5
}
