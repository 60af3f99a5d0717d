terraform {
  required_providers {
    oci = {
      source = "oracle/oci"
    }
  }
}
resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "young" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "young"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "old" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "old"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "software" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "software"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
