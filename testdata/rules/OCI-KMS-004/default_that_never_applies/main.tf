variable "keys" {
  type = map(object({
    protection_mode = optional(string)
  }))
  default = {}
}

# The null of an omitted attribute is passed on: the default in `key` never applies.
module "keys" {
  source          = "./key"
  for_each        = var.keys
  protection_mode = each.value.protection_mode
}
