variable "endpoint" {}

data "oci_identity_compartment" "c" {
  id = "ocid1.compartment.oc1..example"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = data.oci_identity_compartment.c.name == "x" ? "HSM" : "SOFTWARE"
}

resource "oci_kms_key" "plain" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "plain"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
