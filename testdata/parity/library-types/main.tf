resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

module "tuple_to_map" {
  source   = "./m"
  endpoint = oci_kms_vault.main.management_endpoint
  keys     = { for i, m in ["HSM", "SOFTWARE"] : "k${i}" => { mode = m, days = i == 0 ? "90" : null } }
}

module "any" {
  source   = "./m"
  endpoint = oci_kms_vault.main.management_endpoint
  keys     = local.mixed
  defaults = ["SOFTWARE", "77"]
}

locals {
  mixed = {
    a = { mode = null, extra = { deep = [1, "x"] } }
    b = { mode = true, days = "60", set = ["b", "a", "b"] }
  }
}
