variable "name" {}
variable "vault" { type = object({ endpoint = string, private = bool }) }
variable "mode" {
  type    = string
  default = "HSM"
}
variable "rotation" { type = object({ enabled = bool, interval_days = number }) }

locals {
  rotate = var.vault.private && var.rotation.enabled
}

resource "oci_kms_key" "this" {
  display_name = var.name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.vault.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.mode
  is_auto_rotation_enabled = local.rotate ? true : null
  dynamic "auto_key_rotation_details" {
    for_each = local.rotate ? [var.rotation.interval_days] : []
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
