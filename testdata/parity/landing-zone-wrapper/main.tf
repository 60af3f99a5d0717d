locals {
  provided_vaults_configuration = coalesce(var.vaults_configuration, local.from_file, { vaults = {}, keys = {} })
  from_file                     = fileexists("${path.root}/vaults.json") ? jsondecode(templatefile("${path.root}/vaults.json", { env = var.env })) : null
}

variable "env" { default = "prod" }
variable "vaults_configuration" {
  type    = any
  default = null
}

module "lz" {
  source   = "./lz"
  for_each = { for name, cfg in { main = local.from_file, spare = null } : name => cfg if cfg != null }
  config   = each.value
  prefix   = "${var.env}-${each.key}"
}
