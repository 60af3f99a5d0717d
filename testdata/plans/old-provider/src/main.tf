terraform {
  required_providers {
    oci = {
      source  = "oracle/oci"
      version = "~> 5.18.0"
    }
  }
}

resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
