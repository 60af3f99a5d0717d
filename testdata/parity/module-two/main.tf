module "security" {
  source = "./modules/security"
  kms = {
    mode  = "software"
    vault = "DEFAULT"
  }
}
