resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}
resource "oci_kms_key" "fresh" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "fresh"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key_version" "fresh" {
  key_id              = oci_kms_key.fresh.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key" "stale" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "stale"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key_version" "stale" {
  key_id              = oci_kms_key.stale.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key" "due_soon" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "due_soon"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key_version" "due_soon" {
  key_id              = oci_kms_key.due_soon.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key" "outside" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "outside"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key_version" "outside" {
  key_id              = oci_kms_key.outside.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key" "scheduled" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "scheduled"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 200
  }
}
resource "oci_kms_key_version" "scheduled" {
  key_id              = oci_kms_key.scheduled.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}
