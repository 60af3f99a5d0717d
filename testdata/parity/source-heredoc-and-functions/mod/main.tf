variable "mode" {
  default = "SOFTWARE"
}
variable "endpoint" {}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode     = var.mode
  management_endpoint = var.endpoint
  display_name        = path.module
}
