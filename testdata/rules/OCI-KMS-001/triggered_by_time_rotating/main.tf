resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "SOFTWARE"

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "time_rotating" "r" {
  rotation_years = 1
}

resource "oci_kms_key_version" "k" {
  key_id              = oci_kms_key.k.id
  management_endpoint = oci_kms_vault.v.management_endpoint

  lifecycle {
    replace_triggered_by = [time_rotating.r.id]
  }
}
