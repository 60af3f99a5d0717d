resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
locals {
  c = jsondecode(<<EOF
{
  "keys": [
    {"name": "a", "mode": "HSM", "n": 1.50},
    {"name": "b \u00fc \"q\"", "mode": null}
  ]
}
EOF
  )
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = { for k in local.c.keys : k.name => k }
  protection_mode = each.value.mode
  display_name    = try(each.value.n, "none")
}
