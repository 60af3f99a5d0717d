resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "ca" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "ca"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}

resource "oci_kms_key" "ca_counted" {
  count        = 1
  display_name = "ca counted"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "other" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "other"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}

module "key" {
  source   = "./key"
  endpoint = oci_kms_vault.main.management_endpoint
}

locals {
  ca_keys = [oci_kms_key.ca.id, one(oci_kms_key.ca_counted[*].id), module.key.id]
}

resource "oci_certificates_management_certificate_authority" "ca" {
  count          = 3
  compartment_id = "ocid1.compartment.oc1..example"
  name           = "ca-${count.index}"
  kms_key_id     = local.ca_keys[count.index]

  certificate_authority_config {
    config_type = "ROOT_CA_GENERATED_INTERNALLY"
    subject {
      common_name = "example.com"
    }
  }
}
