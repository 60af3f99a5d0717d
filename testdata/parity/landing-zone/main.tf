module "vaults" {
  source               = "./modules/vaults"
  vaults_configuration = var.vaults_configuration
}

variable "vaults_configuration" {
  type    = any
  default = null
}
