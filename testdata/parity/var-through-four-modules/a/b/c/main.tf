variable "cfg" {
  type = list(object({ mode = string, tags = set(string), more = map(number) }))
}
resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = length(var.cfg)
  protection_mode = var.cfg[count.index].mode
  display_name    = "${join("", var.cfg[count.index].tags)}${var.cfg[0].more.q + 1}"
}
