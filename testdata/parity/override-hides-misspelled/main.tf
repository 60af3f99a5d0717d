resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "misspelled" {
  display_name        = "misspelled"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mod = "SOFTWARE"
}

resource "oci_kms_key" "argument_as_block" {
  display_name        = "argument_as_block"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode {
  }
}

resource "oci_kms_key" "block_as_argument" {
  display_name        = "block_as_argument"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
  auto_key_rotation_details = { rotation_interval_in_days = 90 }
}

resource "oci_kms_key" "nested" {
  display_name        = "nested"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
  rotation_interval_in_days = 90
}

