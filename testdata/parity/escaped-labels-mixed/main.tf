resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "a" {
  compartment_id      = "c"
  display_name        = "x"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "HSM"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
resource "oci_kms_key" "b" {
  compartment_id      = "c"
  display_name        = oci_kms_key.a.display_name
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "SOFTWARE"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
module "m" {
  source = "./x"
  mode   = oci_kms_key.a.protection_mode
}
