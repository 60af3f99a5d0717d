resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = { "a.b" = 1, "c\"d" = 2, "e\\f" = 3, "g[0]" = 4, "" = 5, "$${x}" = 6, "ü\n" = 7, 8 = 8 }
  protection_mode = each.value > 4 ? "HSM" : "SOFTWARE"
  display_name    = each.key
}
