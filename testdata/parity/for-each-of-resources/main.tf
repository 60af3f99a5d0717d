resource "oci_kms_vault" "v" {
  for_each       = { a = "DEFAULT", b = "VIRTUAL_PRIVATE" }
  compartment_id = "c"
  display_name   = each.key
  vault_type     = each.value
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each            = oci_kms_vault.v
  display_name        = each.value.display_name
  management_endpoint = each.value.management_endpoint
  protection_mode     = each.value.vault_type == "DEFAULT" ? "SOFTWARE" : "HSM"
}
resource "oci_kms_key" "j" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each            = oci_kms_key.k
  display_name        = "${each.value.display_name}2"
  management_endpoint = oci_kms_vault.v[each.key].management_endpoint
  protection_mode     = each.value.protection_mode
}
