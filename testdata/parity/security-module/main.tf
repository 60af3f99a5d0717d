module "security" {
  source = "./security"
  vault  = var.vault
  keys   = var.keys
}

module "security_private" {
  source = "./security"
  vault  = merge(var.vault, { type = "virtual_private" })
  keys   = var.keys
}

variable "vault" { type = map(string) }
variable "keys" { type = any }
