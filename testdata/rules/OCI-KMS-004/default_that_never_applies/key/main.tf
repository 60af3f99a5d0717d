variable "protection_mode" {
  type    = string
  default = "SOFTWARE"
}

resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = var.protection_mode

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
