resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "HSM"
  key_shape {
    algorithm = "RSA"
    length    = 256
  }
}
resource "oci_certificates_management_certificate_authority" "ca" {
  compartment_id = "c"
  kms_key_id     = oci_kms_key.k.id
  name           = "ca"
  certificate_authority_config {
    config_type = "ROOT_CA_GENERATED_INTERNALLY"
    subject {
      common_name = "x"
    }
  }
}
resource "oci_kms_key_version" "v" {
  for_each            = toset([for y in range(2025, 2027) : tostring(y)])
  key_id              = oci_kms_key.k.id
  management_endpoint = oci_kms_vault.v.management_endpoint
}
