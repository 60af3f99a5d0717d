variable "endpoint" {}
variable "mode" {}
variable "days" {
  type = number
}
resource "oci_kms_key" "this" {
  count        = 2
  display_name = "key ${count.index}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.mode
  is_auto_rotation_enabled = var.days != null
  dynamic "auto_key_rotation_details" {
    for_each = var.days[*]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
