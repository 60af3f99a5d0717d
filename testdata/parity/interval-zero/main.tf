resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

variable "days" {
  type    = number
  default = 0
}

locals {
  intervals = {
    variable = var.days
    text     = "0"
    computed = 90 - 90
    nothing  = null
    least    = max(0, var.days)
  }
}

resource "oci_kms_key" "k" {
  for_each                 = local.intervals
  compartment_id           = "ocid1.compartment.oc1..example"
  display_name             = each.key
  management_endpoint      = oci_kms_vault.main.management_endpoint
  is_auto_rotation_enabled = true

  auto_key_rotation_details {
    rotation_interval_in_days = each.value
  }

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "dynamic" {
  compartment_id           = "ocid1.compartment.oc1..example"
  display_name             = "dynamic"
  management_endpoint      = oci_kms_vault.main.management_endpoint
  is_auto_rotation_enabled = true

  dynamic "auto_key_rotation_details" {
    for_each = [var.days]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
