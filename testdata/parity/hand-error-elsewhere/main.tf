resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

locals {
  broken  = tonumber("x") + nosuchfunction()
  missing = file("no-such-file")
}

resource "oci_core_vcn" "v" {
  compartment_id = var.undeclared
  cidr_blocks    = local.broken
  no_such_thing  = module.nowhere.x
}
