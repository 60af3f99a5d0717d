resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "ca" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "ca"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "HSM"
  is_auto_rotation_enabled = true

  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }

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
      common_name = "example"
    }
  }
}
