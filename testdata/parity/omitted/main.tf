resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "bare" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "bare"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

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

resource "oci_kms_key" "interval_only" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "interval_only"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}

resource "oci_kms_key" "off" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "off"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = false
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
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
