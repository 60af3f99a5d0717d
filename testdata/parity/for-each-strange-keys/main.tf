resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  keys = {
    "with.dot"            = "HSM"
    "with \"quotes\""     = "SOFTWARE"
    "with[brackets]"      = "HSM"
    "with]\".oci_kms_key" = "SOFTWARE"
    "back\\slash"         = "SOFTWARE"
    "größe-キー-🔑"         = "HSM"
    "$${dollar}"          = "SOFTWARE"
    "%%{percent}"         = "SOFTWARE"
    "new\nline"           = "HSM"
    "tab\there"           = "HSM"
    "<html>&'"            = "SOFTWARE"
    ""                    = "SOFTWARE"
    " "                   = "HSM"
    "0"                   = "HSM"
    (true)                = "SOFTWARE"
    42                    = "SOFTWARE"
  }
}

resource "oci_kms_key" "k" {
  for_each     = local.keys
  display_name = "<${each.key}>"
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
  for_each = { "a.b[\"c\"]" = "SOFTWARE" }
  mode     = each.value
  endpoint = oci_kms_vault.main.management_endpoint
}
