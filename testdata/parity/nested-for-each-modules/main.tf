resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "envs" {
  type = map(object({ keys = map(object({ mode = optional(string) })), default = optional(string, "SOFTWARE") }))
  default = {
    dev  = { keys = { a = {}, b = { mode = "HSM" } } }
    prod = { keys = { c = {} }, default = "HSM" }
  }
}
module "env" {
  source   = "./env"
  for_each = var.envs
  keys     = each.value.keys
  default  = each.value.default
  name     = each.key
}
