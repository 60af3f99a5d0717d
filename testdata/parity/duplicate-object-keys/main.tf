resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  settings = {
    mode = "HSM"
    days = 30
    mode = "SOFTWARE"
    "days" : 200,
  }
  keys = {
    a = { mode = "HSM" }
    b = { mode = "SOFTWARE", mode = "EXTERNAL" }
    a = { mode = "SOFTWARE", (local.name) = true, rotate = false }
  }
  name = "rotate"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local.settings.mode
  auto_key_rotation_details {
    rotation_interval_in_days = local.settings.days
  }
}

resource "oci_kms_key" "many" {
  for_each     = local.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = each.value.mode
  is_auto_rotation_enabled = try(each.value.rotate, null)
}
