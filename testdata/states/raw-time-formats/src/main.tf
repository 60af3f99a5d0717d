resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "exact" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "exact"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "over" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "over"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "nano" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "nano"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "rfc" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "rfc"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "zone" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "zone"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "garbage" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "garbage"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "empty" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "empty"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "future" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "future"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
