variable "create_vault" { default = true }

module "vault" {
  source = "./vault"
  count  = var.create_vault ? 1 : 0
}

module "vaults" {
  source   = "./vault"
  for_each = { private = "VIRTUAL_PRIVATE", shared = "DEFAULT" }
  type     = each.value
}

module "key" {
  source   = "./key"
  endpoint = var.create_vault ? module.vault[0].endpoint : "https://example-management.kms.eu-frankfurt-1.oraclecloud.com"
}

module "other" {
  source   = "./key"
  for_each = module.vaults
  endpoint = each.value.endpoint
}

module "splat" {
  source   = "./key"
  endpoint = one(module.vault[*].endpoint)
}

module "joined" {
  source   = "./key"
  endpoint = join("", module.vault.*.endpoint)
}
