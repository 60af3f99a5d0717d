variable "create" {
  default = true
}
module "vault" {
  source = "./vault"
  count  = var.create ? 1 : 0
}
module "keys" {
  source   = "./keys"
  for_each = var.create ? { a = "HSM", b = null } : {}
  endpoint = one(module.vault[*].endpoint)
  mode     = each.value
}
output "all" {
  value = { for k, m in module.keys : k => m.id }
}
