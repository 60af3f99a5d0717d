resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "time_rotating" "yearly" {
  rotation_months = 12
}
resource "time_static" "once" {}

locals {
  labels = toset([for y in range(2025, time_rotating.yearly.year + 1) : tostring(y)])
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key_version" "k" {
  for_each            = local.labels
  key_id              = oci_kms_key.k.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key" "by_year" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_year"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key_version" "by_year" {
  for_each            = toset([tostring(time_static.once.year)])
  key_id              = oci_kms_key.by_year.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}
