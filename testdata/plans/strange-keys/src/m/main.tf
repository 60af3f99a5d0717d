variable "endpoint" {}
resource "oci_kms_key" "this" {
  count        = 1
  display_name = "k"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
