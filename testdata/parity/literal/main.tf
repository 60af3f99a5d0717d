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

resource "oci_kms_key" "hsm" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "hsm"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}

resource "oci_kms_key" "rotated" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "rotated"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "HSM"
  is_auto_rotation_enabled = true

  auto_key_rotation_details {
    rotation_interval_in_days = 180
    time_of_schedule_start    = "2027-01-01T00:00:00Z"
  }
}
