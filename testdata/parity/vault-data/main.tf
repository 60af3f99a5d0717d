variable "vault_id" { default = "ocid1.vault.oc1.phx.example" }

data "oci_kms_vault" "existing" {
  vault_id = var.vault_id
}

data "oci_kms_vaults" "all" {
  compartment_id = "ocid1.compartment.oc1..example"
}

resource "oci_kms_key" "by_id" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_id"
  management_endpoint = data.oci_kms_vault.existing.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = data.oci_kms_vault.existing.vault_type == "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "by_list" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_list"
  management_endpoint = data.oci_kms_vaults.all.vaults[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = data.oci_kms_vault.existing.vault_type == "VIRTUAL_PRIVATE" ? "HSM" : "SOFTWARE"
}

resource "oci_kms_key" "by_filter" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_filter"
  management_endpoint = [for v in data.oci_kms_vaults.all.vaults : v.management_endpoint if v.display_name == "fake-display-name"][0]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "rotated" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "rotated"
  management_endpoint = data.oci_kms_vault.existing.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  dynamic "auto_key_rotation_details" {
    for_each = data.oci_kms_vault.existing.vault_type == "VIRTUAL_PRIVATE" ? [1] : []
    content {
      rotation_interval_in_days = 90
    }
  }
}
