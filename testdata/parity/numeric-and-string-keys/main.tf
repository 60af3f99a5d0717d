resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  by_number = { 1 = "HSM", 02 = "SOFTWARE", 1.50 = "EXTERNAL", 1e2 = "HSM" }
  by_bool   = { true = "SOFTWARE", false = "HSM" }
}

resource "oci_kms_key" "number" {
  for_each     = local.by_number
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value
}
resource "oci_kms_key" "bool" {
  for_each     = local.by_bool
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local.by_bool[true]
}
resource "oci_kms_key" "range" {
  for_each     = toset([for i in range(3) : tostring(i * 10)])
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = tonumber(each.key) == 10 ? "SOFTWARE" : null
}
