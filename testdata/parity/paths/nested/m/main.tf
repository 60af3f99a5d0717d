variable "endpoint" {}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "${path.module} in ${path.root}"
}

resource "oci_kms_key" "file" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "file"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = trimspace(file("${path.module}/../mode.txt"))
}

resource "oci_kms_key" "dir" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "dir"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = basename(path.module)
}
