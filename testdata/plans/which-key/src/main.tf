resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "a"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "b"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "c"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "d" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "d"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "e" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "e"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "terraform_data" "later" {
  input = "a"
}

resource "oci_kms_key_version" "either" {
  for_each            = toset([formatdate("YYYY", plantimestamp())])
  key_id              = terraform_data.later.output == "a" ? oci_kms_key.a.id : oci_kms_key.b.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_certificates_management_certificate_authority" "either" {
  compartment_id = "ocid1.compartment.oc1..example"
  name           = "either"
  kms_key_id     = terraform_data.later.output == "a" ? oci_kms_key.c.id : oci_kms_key.d.id

  certificate_authority_config {
    config_type = "ROOT_CA_GENERATED_INTERNALLY"

    subject {
      common_name = "example.com"
    }
  }
}
