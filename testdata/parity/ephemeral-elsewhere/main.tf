resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "secret" {
  ephemeral = true
  default   = "s"
}
locals {
  e = var.secret
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = ephemeralasnull(var.secret) == null ? "HSM" : "SOFTWARE"
  display_name    = can(local.e) ? "can" : "cannot"
}
