resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "k" {
  for_each            = toset(["new", "old"])
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = each.key
  management_endpoint = oci_kms_vault.v.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

import {
  to = oci_kms_key.k["old"]
  id = "managementEndpoint/https://abc-management.kms.eu-frankfurt-1.oraclecloud.com/keys/ocid1.key.oc1..example"
}
