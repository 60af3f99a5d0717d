resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

# a comment
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true /* yes
  really */
  auto_key_rotation_details { rotation_interval_in_days = 90 }
}

locals {
  lines = <<-EOT
    HSM
  EOT
}

resource "oci_kms_key" "heredoc" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "heredoc"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = trimspace(local.lines)
}
