variable "endpoint" {}
variable "vault" {}

resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "a"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "b"
  management_endpoint = var.vault.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
