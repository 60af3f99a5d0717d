resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}
resource "oci_kms_key" "rotated" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "rotated"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
resource "oci_kms_key" "disabled" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "disabled"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "pending" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "pending"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "failed" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "failed"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
resource "oci_kms_key" "overdue" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "overdue"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 90
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

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true
}
resource "oci_kms_key" "long_one" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "long_one"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 500
  }
}
resource "oci_kms_key" "idle" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "idle"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = false
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
