resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
moved {
  from = oci_kms_key.old
  to   = oci_kms_key.k["a"]
}
moved {
  from = module.old
  to   = module.m
}
removed {
  from = oci_kms_key.gone
  lifecycle {
    destroy = false
  }
}
check "mode" {
  data "oci_kms_vault" "d" {
    vault_id = "x"
  }
  assert {
    condition     = oci_kms_key.k["a"].protection_mode == "SOFTWARE" && data.oci_kms_vault.d.vault_id == "y"
    error_message = "no"
  }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = { a = "HSM" }
  protection_mode = each.value
}
module "m" {
  source = "./m"
}
