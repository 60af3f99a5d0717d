resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.c
}
