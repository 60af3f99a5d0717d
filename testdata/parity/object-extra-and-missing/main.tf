resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "o" {
  type    = object({ mode = string, n = number })
  default = { mode = "HSM", n = "4", extra = 1 }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.o.mode
  display_name    = "${var.o.n}-${try(var.o.extra, "gone")}"
}
