variable "compartment" {
  type = string
}

variable "endpoint" {
  type = string
}

variable "mode" {
  type = string
}

resource "oci_kms_key" "this" {
  compartment_id      = var.compartment
  display_name        = "payments"
  management_endpoint = var.endpoint
  protection_mode     = var.mode

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
