variable "endpoint" {}
variable "nothing" {}
variable "unset" {}
variable "later" {}
variable "default_null" { default = null }
resource "oci_kms_key" "input_of_root" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "input_of_root"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.nothing
}
resource "oci_kms_key" "input_null" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "input_null"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.unset
}
resource "oci_kms_key" "input_default" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "input_default"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.default_null
}
resource "oci_kms_key" "input_unknown" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "input_unknown"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.later
}
