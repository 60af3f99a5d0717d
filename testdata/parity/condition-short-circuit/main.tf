resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "o" {
  type    = object({ a = optional(object({ m = string })) })
  default = {}
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.o.a != null && try(var.o.a.m == "HSM", false) ? "HSM" : "SOFTWARE"
  display_name    = var.o.a == null || var.o.a.m == "x" ? "short" : "long"
}
