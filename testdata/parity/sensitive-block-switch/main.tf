variable "days" {
  type      = number
  default   = 90
  sensitive = true
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "k" {
  compartment_id           = "ocid1.compartment.oc1..example"
  display_name             = "k"
  management_endpoint      = oci_kms_vault.main.management_endpoint
  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  dynamic "auto_key_rotation_details" {
    for_each = [for days in [var.days] : { days = days } if days != null]
    content {
      rotation_interval_in_days = 82
    }
  }
}
