resource "terraform_data" "first" {}
data "oci_kms_vault" "later" {
  vault_id   = "ocid1.vault.oc1.phx.later"
  depends_on = [terraform_data.first]
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = data.oci_kms_vault.later.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = data.oci_kms_vault.later.vault_type == "DEFAULT" ? "SOFTWARE" : "HSM"
  is_auto_rotation_enabled = data.oci_kms_vault.later.vault_type == "VIRTUAL_PRIVATE"
  auto_key_rotation_details {
    rotation_interval_in_days = data.oci_kms_vault.later.vault_type == "DEFAULT" ? null : 90
  }
}
resource "oci_kms_key" "days" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "days"
  management_endpoint = data.oci_kms_vault.later.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = data.oci_kms_vault.later.vault_type == "DEFAULT" ? null : 90
  }
}
resource "oci_kms_key" "fine" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "fine"
  management_endpoint = data.oci_kms_vault.later.management_endpoint

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
