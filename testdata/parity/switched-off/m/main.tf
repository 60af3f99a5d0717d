variable "create" { default = true }
variable "keys" { default = { a = "HSM" } }
resource "oci_kms_vault" "main" {
  count          = var.create ? 1 : 0
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "one" {
  count        = var.create ? 1 : 0
  display_name = "one"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "many" {
  for_each     = var.create ? var.keys : {}
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value
}
