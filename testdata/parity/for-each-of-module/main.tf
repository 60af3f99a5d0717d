module "v" {
  source   = "./v"
  for_each = toset(["DEFAULT", "VIRTUAL_PRIVATE"])
  type     = each.key
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "k"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each            = module.v
  management_endpoint = each.value.endpoint
  protection_mode     = each.value.vault.vault_type == "DEFAULT" ? "SOFTWARE" : "HSM"
}
