resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "static" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "static"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "slow" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "slow"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "time_rotating" "slow" {
  rotation_years = 2
}
resource "time_static" "bump" {
  rfc3339 = "2026-01-01T00:00:00Z"
}
resource "oci_kms_key_version" "static" {
  for_each            = toset(["2025", "2026"])
  key_id              = oci_kms_key.static.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key_version" "slow" {
  key_id              = oci_kms_key.slow.id
  management_endpoint = oci_kms_vault.main.management_endpoint
  lifecycle {
    replace_triggered_by = [time_rotating.slow]
  }
}
