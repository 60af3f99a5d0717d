variable "mode" {}
variable "endpoint" {}

resource "oci_kms_key" "this" {
  for_each     = toset(["é", "x.y"])
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}
