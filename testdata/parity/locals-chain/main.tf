resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = local.vault.type
}

locals {
  vault    = { type = local.private ? "VIRTUAL_PRIVATE" : "DEFAULT" }
  private  = local.env == "prod"
  env      = trimprefix(local.name, "kms-")
  name     = "kms-prod"
  settings = merge(local.defaults, local.overrides[local.env])
  defaults = {
    mode = "HSM"
    days = 90
    auto = false
  }
  overrides = {
    prod = { auto = true, days = 365 }
    dev  = { mode = "SOFTWARE" }
  }
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = local.settings.mode
  is_auto_rotation_enabled = local.settings["auto"]
  auto_key_rotation_details {
    rotation_interval_in_days = local.settings.days
  }
}
