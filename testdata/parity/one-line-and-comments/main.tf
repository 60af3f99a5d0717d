resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable mode { default = "SOFTWARE" } # unquoted label
resource oci_kms_key "unquoted" {
  compartment_id      = "ocid1.compartment.oc1..example" // comment
  display_name        = "un\u0071uoted\t\"x\" \U0001F511 $${x} %%{y}" /* a */ # b
  management_endpoint = (
    oci_kms_vault.main.management_endpoint
  )
  key_shape {
    algorithm = "AES"
    length = 32
  }
  protection_mode = (var.mode == "SOFTWARE"
    ? "SOFTWARE" # the free one
    : "HSM"
  )
  is_auto_rotation_enabled = "true"
  auto_key_rotation_details { rotation_interval_in_days = "90" }
}

locals {
  keys = {
  "a" : "HSM", b = "SOFTWARE"
  (join("", ["c"])) = "HSM", "${"d"}" = "EXTERNAL" }
}
resource "oci_kms_key" "k" {
  for_each     = local.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local . keys [ each.key ]
}
