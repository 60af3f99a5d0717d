variable "keys" {}
variable "default" {}
variable "name" {}
module "key" {
  source   = "./key"
  for_each = var.keys
  mode     = coalesce(each.value.mode, var.default)
  name     = format("%s-%s", var.name, each.key)
}
output "ids" {
  value = { for k, m in module.key : k => m.id }
}
