data "oci_kms_vault" "existing" {
  vault_id = "ocid1.vault.oc1.phx.example"
}

data "oci_identity_compartment" "c" {
  id = "ocid1.compartment.oc1..example"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = data.oci_kms_vault.existing.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = lookup(data.oci_identity_compartment.c.freeform_tags, "kms-mode", "HSM")
  is_auto_rotation_enabled = try(data.oci_identity_compartment.c.freeform_tags.rotate, false)
  auto_key_rotation_details {
    rotation_interval_in_days = data.oci_kms_vault.existing.vault_type == "VIRTUAL_PRIVATE" ? 90 : 180
  }
}

resource "oci_kms_key" "both_same" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "both_same"
  management_endpoint = data.oci_kms_vault.existing.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = data.oci_kms_vault.existing.is_primary ? "SOFTWARE" : "SOFTWARE"
}

resource "oci_kms_key" "null_or_hsm" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "null_or_hsm"
  management_endpoint = data.oci_kms_vault.existing.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = data.oci_kms_vault.existing.is_primary ? "HSM" : null
}
