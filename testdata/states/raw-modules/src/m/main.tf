variable "endpoint" {}
variable "modes" {}
resource "oci_kms_key" "this" {
  for_each     = var.modes
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value
}
resource "oci_kms_key" "counted" {
  count        = 1
  display_name = "counted"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
