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
  for_each = { db = "ocid1.key.oc1..db" }
  to       = oci_kms_key.k[each.key]
  id       = "managementEndpoint/https://abc-management.kms.eu-frankfurt-1.oraclecloud.com/keys/${each.value}"
}

resource "oci_kms_key" "k" {
  for_each     = toset(["db", "new"])
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = "https://abc-management.kms.eu-frankfurt-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.key == "db" ? "HSM" : "SOFTWARE"
}
