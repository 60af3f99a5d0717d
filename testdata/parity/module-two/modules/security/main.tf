variable "kms" {
  type = object({ mode = string, vault = string, days = optional(number, 100) })
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = var.kms.vault
}

module "key" {
  source   = "../key"
  endpoint = oci_kms_vault.main.management_endpoint
  mode     = upper(var.kms.mode)
  days     = var.kms.days
}
