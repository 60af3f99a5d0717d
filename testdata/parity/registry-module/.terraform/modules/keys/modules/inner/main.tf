variable "endpoint" {}
variable "name" {}
variable "mode" { type = string }

resource "oci_kms_key" "this" {
  display_name = var.name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}
