resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

import {
  to = oci_kms_vault.main
  id = "ocid1.vault.oc1..existing"
}
import {
  to = oci_kms_key.db
  id = "managementEndpoint/https://main-management.kms.us-phoenix-1.oraclecloud.com/keys/ocid1.key.oc1..db"
}
resource "oci_kms_key" "db" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "db"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
