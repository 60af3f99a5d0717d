variable "days" {
  type    = number
  default = 90
}

locals {
  details = { days = var.days }
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true

  auto_key_rotation_details {
    rotation_interval_in_days = local.details.days
  }
}
