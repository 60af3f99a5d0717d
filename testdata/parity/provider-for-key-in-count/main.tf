provider "oci" {
  alias = "b"
}
resource "oci_kms_vault" "v" {
  count          = 2
  provider       = oci.b
  compartment_id = "c"
  display_name   = "v${count.index}"
  vault_type     = count.index == 0 ? "DEFAULT" : "VIRTUAL_PRIVATE"
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "k"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count               = length(oci_kms_vault.v)
  provider            = oci.b
  management_endpoint = element(oci_kms_vault.v[*].management_endpoint, count.index + 2)
  protection_mode     = oci_kms_vault.v[count.index].vault_type == "DEFAULT" ? "SOFTWARE" : "HSM"
}
