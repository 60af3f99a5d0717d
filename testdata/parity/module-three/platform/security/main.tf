variable "protected" { type = bool }

locals {
  vault_type = var.protected ? "VIRTUAL_PRIVATE" : "DEFAULT"
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = local.vault_type
}

module "key" {
  source   = "./key"
  for_each = toset(["data", "logs"])
  name     = each.key
  vault    = oci_kms_vault.main
  hsm      = var.protected && each.key == "data"
}

output "keys" { value = { for k, m in module.key : k => m.key.id } }
