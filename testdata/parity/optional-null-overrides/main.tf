resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "c" {
  type    = list(object({ mode = optional(string, "HSM"), rot = optional(object({ d = optional(number, 1) }), null) }))
  default = [{ mode = null }, { rot = {} }, { mode = "SOFTWARE", rot = { d = null } }]
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = length(var.c)
  protection_mode = var.c[count.index].mode
  display_name    = coalesce(try(var.c[count.index].rot.d, null), 7)
}
