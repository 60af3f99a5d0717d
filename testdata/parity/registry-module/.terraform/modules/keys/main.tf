variable "endpoint" {}
variable "keys" { type = map(string) }

module "inner" {
  source   = "./modules/inner"
  for_each = var.keys
  name     = each.key
  mode     = each.value
  endpoint = var.endpoint
}
