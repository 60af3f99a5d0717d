resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "virtual_private"
}

resource "oci_kms_key" "lower" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "lower"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "software"
}

resource "oci_kms_key" "mixed" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "mixed"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "Hsm"
}

resource "oci_kms_key" "other" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "other"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "hardware "
}
