variable "endpoint" {}

resource "oci_kms_key" "this" {
  display_name        = "this"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

