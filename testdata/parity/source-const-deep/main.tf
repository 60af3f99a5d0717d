resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "dir" {
  type  = string
  const = (true)
}
variable "inner" {
  type    = object({ name = string, up = optional(string, "..") })
  default = { name = "leaf" }
  const   = true
}
locals {
  parts = [".", var.dir]
  path  = join("/", local.parts)
}
module "m" {
  source   = local.path
  inner    = var.inner.name
  back     = var.inner.up
  endpoint = oci_kms_vault.v.management_endpoint
}
