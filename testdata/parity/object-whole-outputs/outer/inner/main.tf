variable "mode" {}
variable "endpoint" {}
resource "oci_kms_key" "this" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "this"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}
output "key" { value = oci_kms_key.this }
