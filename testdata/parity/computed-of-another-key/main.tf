resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "a"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "b"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = oci_kms_key.a.protection_mode
}

resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "c"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = coalesce(oci_kms_key.d.protection_mode, "HSM")
  is_auto_rotation_enabled = oci_kms_key.d.is_auto_rotation_enabled
  auto_key_rotation_details {
    rotation_interval_in_days = oci_kms_key.d.auto_key_rotation_details[0].rotation_interval_in_days
  }
}

resource "oci_kms_key" "d" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "d"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = false
  auto_key_rotation_details {
    rotation_interval_in_days = 61
  }
}
