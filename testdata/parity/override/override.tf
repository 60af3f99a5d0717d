resource "oci_kms_key" "k" {
  display_name = "from override.tf"
  auto_key_rotation_details {
    rotation_interval_in_days = 103
  }
}

resource "oci_kms_vault" "main" {
  vault_type = "VIRTUAL_PRIVATE"
}
