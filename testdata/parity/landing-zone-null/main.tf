module "vaults" {
  source = "./vaults"
  config = var.config
}
variable "config" {
  type    = any
  default = null
}
