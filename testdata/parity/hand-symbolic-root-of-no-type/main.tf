variable "vaults_configuration" {
  default = null
}

module "vaults" {
  source               = "./vaults"
  vaults_configuration = var.vaults_configuration
}
