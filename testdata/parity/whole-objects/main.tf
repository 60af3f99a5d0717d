resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}
locals {
  v    = oci_kms_vault.v
  some = { for k, v in oci_kms_vault.v : k => v if contains(["vault_type", "display_name"], k) }
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode     = lookup(local.v, "vault_type", "x") == "VIRTUAL_PRIVATE" ? "HSM" : "SOFTWARE"
  display_name        = "${length(oci_kms_vault.v)}-${join(",", keys(local.some))}"
  management_endpoint = local.v["management_endpoint"]
}
resource "oci_kms_key" "j" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode     = lookup(oci_kms_vault.v, "state", "ACTIVE") == "ACTIVE" ? "HSM" : "SOFTWARE"
  display_name        = join(",", values(local.some))
  management_endpoint = merge(oci_kms_vault.v, { display_name = "z" }).management_endpoint
}
module "m" {
  source = "./m"
  vault  = oci_kms_vault.v
}
