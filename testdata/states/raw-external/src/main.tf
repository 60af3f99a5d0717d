resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "EXTERNAL"
}
resource "oci_kms_key" "by_vault" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_vault"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
