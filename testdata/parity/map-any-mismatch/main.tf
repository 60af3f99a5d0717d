resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "settings" {
  type    = map(any)
  default = { a = { x = 1 }, b = { y = 1 } }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = var.settings
  protection_mode = try(each.value.x, null) == 1 ? "HSM" : "SOFTWARE"
}
