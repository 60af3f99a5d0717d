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

resource "oci_certificates_management_certificate_authority" "root" {
  compartment_id = "ocid1.compartment.oc1..example"
  name           = "root"
  kms_key_id     = oci_kms_key.ca.id
  certificate_authority_config {
    config_type = "ROOT_CA_GENERATED_INTERNALLY"
    subject {
      common_name = "example.com"
    }
  }
}

module "key" {
  source   = "./key"
  endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_certificates_management_certificate_authority" "sub" {
  compartment_id = "ocid1.compartment.oc1..example"
  name           = "sub"
  kms_key_id     = module.key.id
  certificate_authority_config {
    config_type = "ROOT_CA_GENERATED_INTERNALLY"
    subject {
      common_name = "example.com"
    }
  }
}
