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
resource "oci_kms_key" "replacing" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "replacing"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "none" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "none"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "time_rotating" "year" {
  rotation_days = 300
}

resource "oci_kms_key_version" "static" {
  key_id              = oci_kms_key.static.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key_version" "replacing" {
  key_id              = oci_kms_key.replacing.id
  management_endpoint = oci_kms_vault.main.management_endpoint
  lifecycle {
    replace_triggered_by = [time_rotating.year]
  }
}
