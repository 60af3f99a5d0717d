module "vault" {
  source   = "./vault"
  for_each = var.config.vaults
  name     = each.key
  type     = upper(each.value.type)
}

module "key" {
  source   = "./key"
  for_each = var.config.keys
  name     = format("%s-%s", var.prefix, each.key)
  vault    = module.vault[each.value.vault]
  mode     = try(upper(each.value.mode), null)
  rotation = each.value.rotation
}
