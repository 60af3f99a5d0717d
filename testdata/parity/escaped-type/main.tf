resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci\u005fkms\u005fkey" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "HSM"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
resource "oci_kms_k\U00000065y" "l" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "l"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "HSM"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
