variable "endpoint" {}
variable "mode" {}
variable "days" {}

resource "oci_kms_key" "this" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "this"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
  auto_key_rotation_details {
    rotation_interval_in_days = var.days
  }
}
