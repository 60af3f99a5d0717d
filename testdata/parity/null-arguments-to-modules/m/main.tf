variable "endpoint" {}
variable "mode" { default = "SOFTWARE" }
variable "settings" {
  type = object({
    days   = optional(number, 88)
    rotate = optional(bool, false)
  })
  default = { rotate = true }
}
resource "oci_kms_key" "this" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "this"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.mode
  is_auto_rotation_enabled = try(var.settings.rotate, null)
  auto_key_rotation_details {
    rotation_interval_in_days = var.settings != null ? var.settings.days : null
  }
}
