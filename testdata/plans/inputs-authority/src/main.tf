variable "authority" {
  type    = bool
  default = true
}

locals {
  key = oci_kms_key.k.id
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}

resource "oci_certificates_management_certificate_authority" "root" {
  count          = var.authority ? 1 : 0
  compartment_id = "ocid1.compartment.oc1..example"
  name           = "root"
  kms_key_id     = local.key

  certificate_authority_config {
    config_type = "ROOT_CA_GENERATED_INTERNALLY"

    subject {
      common_name = "example.com"
    }
  }
}
