variable "endpoint" {
  type     = string
  nullable = false
}
variable "mode" {
  type     = string
  default  = "SOFTWARE"
  nullable = false
}
variable "loose" {
  type    = bool
  default = true
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
  is_auto_rotation_enabled = var.loose
}
