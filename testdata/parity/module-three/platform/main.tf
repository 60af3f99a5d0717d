variable "env" {}

module "security" {
  source    = "./security"
  protected = var.env == "prod"
}

output "key" { value = module.security.keys["data"] }
