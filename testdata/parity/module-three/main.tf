terraform {
  required_providers {
    oci = {
      source = "oracle/oci"
    }
  }
}

variable "env" {
  default = "prod"
}

module "platform" {
  source = "./platform"
  env    = var.env
}

output "key" { value = module.platform.key }
