resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "flag_only" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "flag_only"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = true
}
resource "oci_kms_key" "empty_block" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "empty_block"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = true
  auto_key_rotation_details {
  }
}
resource "oci_kms_key" "zero" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "zero"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = ""
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 0
    time_of_schedule_start    = ""
  }
}
