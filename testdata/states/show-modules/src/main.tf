resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

module "counted" {
  source   = "./m"
  count    = 2
  endpoint = oci_kms_vault.main.management_endpoint
  modes    = { a = "SOFTWARE" }
}
module "each" {
  source   = "./m"
  for_each = toset(["x.y[\"z\"]", "é$${a}"])
  endpoint = oci_kms_vault.main.management_endpoint
  modes    = { "k \"q\"" = "HSM", "back\\slash" = "SOFTWARE" }
}
