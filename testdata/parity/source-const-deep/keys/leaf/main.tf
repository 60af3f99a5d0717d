variable "endpoint" {}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  management_endpoint = var.endpoint
  protection_mode     = "HSM"
  display_name        = path.module
}
