resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "external"
  vault_type     = "EXTERNAL"
  external_key_manager_metadata {
    external_vault_endpoint_url = "https://ekm.example.com/v1"
    private_endpoint_id         = "ocid1.ekmsprivateendpoint.oc1..example"
    oauth_metadata {
      client_app_id         = "app"
      client_app_secret     = "not a secret"
      idcs_account_name_url = "https://idcs.example.com"
    }
  }
}
resource "oci_kms_key" "by_vault" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_vault"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "by_mode" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_mode"
  management_endpoint = "https://x-management.kms.us-phoenix-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "external"
}
resource "oci_kms_key" "by_reference" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_reference"
  management_endpoint = "https://x-management.kms.us-phoenix-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  external_key_reference {
    external_key_id = "ekm-1"
  }
}
