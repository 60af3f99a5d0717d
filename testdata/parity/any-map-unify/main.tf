resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "settings" {
  type    = map(any)
  default = { a = 1, b = "x", c = true }
}
variable "objs" {
  type    = list(any)
  default = [{ m = "HSM" }, { m = null }]
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each     = var.settings
  display_name = each.value
}
resource "oci_kms_key" "o" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "o"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = length(var.objs)
  protection_mode = var.objs[count.index].m
}
