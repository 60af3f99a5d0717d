resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "unsupported" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "unsupported"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
resource "oci_kms_key" "elsewhere" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "elsewhere"
  management_endpoint = "https://other-management.kms.us-phoenix-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
