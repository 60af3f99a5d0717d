resource "oci_kms_vault" "shared" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "shared"
  vault_type     = "DEFAULT"
}
resource "oci_kms_vault" "private" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "private"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "software" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "software"
  management_endpoint = oci_kms_vault.shared.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "hsm" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "hsm"
  management_endpoint = oci_kms_vault.shared.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "HSM"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
resource "oci_kms_key" "rotated" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "rotated"
  management_endpoint = oci_kms_vault.private.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "software"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 365
    time_of_schedule_start    = "2026-11-21T00:00:00Z"
  }
}
resource "oci_kms_key" "late" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "late"
  management_endpoint = oci_kms_vault.private.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "HSM"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 365
    time_of_schedule_start    = "2027-06-01T00:00:00Z"
  }
}
resource "oci_kms_key" "too_long" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "too_long"
  management_endpoint = oci_kms_vault.private.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 400
  }
}
resource "oci_kms_key" "too_short" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "too_short"
  management_endpoint = oci_kms_vault.private.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "TPM"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 30
  }
}
resource "oci_kms_key" "off" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "off"
  management_endpoint = oci_kms_vault.private.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = false
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
