resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "on" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "on"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true
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

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = false
  auto_key_rotation_details {
    rotation_interval_in_days = 120
  }
}
resource "oci_kms_key" "kept" {
  display_name = "renamed"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "same" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "same"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "ignored" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "ignored"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  lifecycle {
    ignore_changes = [protection_mode]
  }
}
