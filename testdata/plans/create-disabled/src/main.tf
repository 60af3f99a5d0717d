resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "hsm" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "hsm"
  management_endpoint = oci_kms_vault.v.management_endpoint
  desired_state       = "DISABLED"
  protection_mode     = "HSM"

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "software" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "software"
  management_endpoint = oci_kms_vault.v.management_endpoint
  desired_state   = "DISABLED"
  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true

  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "restored" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "restored"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true

  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }

  restore_from_file {
    content_length                = 3
    restore_key_from_file_details = "abc"
  }

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "restored_disabled" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "restored_disabled"
  management_endpoint = oci_kms_vault.v.management_endpoint
  desired_state = "DISABLED"

  restore_from_file {
    content_length                = 3
    restore_key_from_file_details = "abc"
  }

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "signing" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "signing"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode = "HSM"
  is_auto_rotation_enabled = true

  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }

  key_shape {
    algorithm = "RSA"
    length    = 256
  }
}
