resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

module "keys" {
  source   = "./keys"
  endpoint = oci_kms_vault.main.management_endpoint
}
moved {
  from = oci_kms_key.old
  to   = module.keys.oci_kms_key.this["old"]
}
resource "oci_kms_key" "counted" {
  count        = 1
  display_name = "counted"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
