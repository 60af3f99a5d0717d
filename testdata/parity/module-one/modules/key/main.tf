variable "name" {}
variable "endpoint" {}
variable "software" {
  type    = bool
  default = false
}
variable "rotation_days" {
  type    = number
  default = null
}

resource "oci_kms_key" "this" {
  display_name = "key-${var.name}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.software ? "SOFTWARE" : "HSM"
  is_auto_rotation_enabled = var.rotation_days != null

  dynamic "auto_key_rotation_details" {
    for_each = var.rotation_days != null ? [var.rotation_days] : []
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}

output "key_id" { value = oci_kms_key.this.id }
