resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
locals {
  o = { a = { b = "HSM" }, l = ["x"] }
}
variable "t" {
  type    = any
  default = { deep = { er = null } }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode          = try(local.o.a.c, local.o.x.b, local.o.l[3], var.t.deep.er, "SOFTWARE")
  display_name             = try(var.t.deep.nope, "d")
  is_auto_rotation_enabled = can(local.o.a.b.c) || can(tonumber("x")) || can(module.m.nope)
}
module "m" {
  source = "./m"
}
resource "oci_kms_key" "j" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(module.m.nope, module.m.mode)
  display_name    = try(module.m.list[4], module.m.list[1])
}
