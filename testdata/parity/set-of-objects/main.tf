resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "s" {
  type    = set(object({ n = string, m = optional(string, "HSM") }))
  default = [{ n = "b" }, { n = "a", m = "SOFTWARE" }, { n = "b", m = "HSM" }]
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = { for s in var.s : s.n => s.m }
  protection_mode = each.value
}
resource "oci_kms_key" "first" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  display_name = tolist(var.s)[0].n
}
