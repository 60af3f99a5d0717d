resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "on" {
  type    = bool
  default = true
}
locals {
  o = var.on ? { mode = "HSM", n = 1 } : { mode = null, n = 2, extra = true }
  p = var.on ? [1, "a"] : ["b"]
  q = var.on ? {} : { a = 1 }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.o.mode
  display_name    = "${local.p[0]}-${length(local.q)}-${local.o.n}"
}
