resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {
  default   = "HSM"
  sensitive = true
}
resource "oci_kms_key" "tainted" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "tainted"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "deposed" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "deposed"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "secret" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "secret"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}
resource "oci_kms_key" "ca" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "ca"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

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
data "oci_kms_key" "read" {
  key_id              = "ocid1.key.oc1.phx.read"
  management_endpoint = "https://main-management.kms.us-phoenix-1.oraclecloud.com"
}
