resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = path.module
  management_endpoint = var.endpoint
  protection_mode     = var.mode
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "mode" {
  default = "SOFTWARE"
}

variable "endpoint" {
  type = string
}
