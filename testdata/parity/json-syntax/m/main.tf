variable "mode" {}
variable "endpoint" {}
resource "oci_kms_key" "native" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "native"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}
