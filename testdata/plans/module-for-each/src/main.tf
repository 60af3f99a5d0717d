module "vaults" {
  source   = "./vault"
  for_each = { shared = "DEFAULT", private = "VIRTUAL_PRIVATE" }
  type     = each.value
}
module "keys" {
  source   = "./keys"
  for_each = { shared = { mode = "SOFTWARE", days = null }, private = { mode = "HSM", days = 90 } }
  endpoint = module.vaults[each.key].endpoint
  mode     = each.value.mode
  days     = each.value.days
}
