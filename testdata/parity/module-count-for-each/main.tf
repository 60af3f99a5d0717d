resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}
resource "oci_kms_vault" "private" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "private"
  vault_type     = "VIRTUAL_PRIVATE"
}

module "counted" {
  source   = "./key"
  count    = 2
  mode     = ["HSM", "SOFTWARE"][count.index]
  endpoint = oci_kms_vault.main.management_endpoint
}

module "each" {
  source = "./key"
  for_each = {
    a = { mode = "SOFTWARE", vault = oci_kms_vault.main }
    b = { mode = "HSM", vault = oci_kms_vault.private }
  }
  mode     = each.value.mode
  endpoint = each.value.vault.management_endpoint
}

module "off" {
  source   = "./key"
  count    = 0
  mode     = "HSM"
  endpoint = ""
}
