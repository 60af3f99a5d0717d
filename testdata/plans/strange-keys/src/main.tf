resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  keys = {
    "with.dot"            = "HSM"
    "with \"quotes\""     = "SOFTWARE"
    "with]\".oci_kms_key" = "SOFTWARE"
    "back\\slash"         = "SOFTWARE"
    "größe-キー-🔑"         = "HSM"
    "$${dollar} %%{p}"    = "SOFTWARE"
    "new\nline"           = "HSM"
    "<html>&'"            = "SOFTWARE"
    ""                    = "SOFTWARE"
    "0"                   = "HSM"
  }
}
resource "oci_kms_key" "k" {
  for_each     = local.keys
  display_name = "k"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value
}
module "m" {
  source   = "./m"
  for_each = toset(["a.b[\"c\"].d", "é"])
  endpoint = oci_kms_vault.main.management_endpoint
}
