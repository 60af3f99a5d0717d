module "created" {
  source = "./m"
}
module "looked_up" {
  source       = "./m"
  create_vault = false
  vault_id     = "ocid1.vault.oc1.phx.existing"
}
