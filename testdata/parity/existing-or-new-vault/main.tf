variable "vault_id" {
  default = null
}
variable "create_vault" {
  default = true
}
data "oci_kms_vault" "existing" {
  count    = var.create_vault ? 0 : 1
  vault_id = var.vault_id
}
resource "oci_kms_vault" "new" {
  count          = var.create_vault ? 1 : 0
  compartment_id = "c"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
locals {
  endpoint = var.create_vault ? oci_kms_vault.new[0].management_endpoint : data.oci_kms_vault.existing[0].management_endpoint
  type     = try(oci_kms_vault.new[0].vault_type, data.oci_kms_vault.existing[0].vault_type, "none")
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "k"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  management_endpoint = local.endpoint
  protection_mode     = local.type == "DEFAULT" ? "SOFTWARE" : "HSM"
}
