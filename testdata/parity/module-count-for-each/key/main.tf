variable "mode" {}
variable "endpoint" {}

resource "oci_kms_key" "this" {
  count        = 2
  display_name = "key ${count.index}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}
