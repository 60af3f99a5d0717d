resource "terraform_data" "u" {}
resource "oci_kms_vault" "v" {
  compartment_id = "c"
  display_name   = "v"
  vault_type     = "DEFAULT"
  freeform_tags  = { known = "HSM", unknown = terraform_data.u.id }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = oci_kms_vault.v.freeform_tags.known
  display_name    = length(oci_kms_vault.v.freeform_tags) == 2 ? "two" : "other"
}
