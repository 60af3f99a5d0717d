resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "key" {
  type = map(string)
  default = {
    protection_mode = "SOFTWARE"
  }
}

locals {
  keys = {
    a = { protection_mode = "HSM", rotation = { days = 100 } }
    b = { rotation = null }
    c = {}
  }
}

resource "oci_kms_key" "one" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "one"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = lookup(var.key, "protection_mode", "HSM")
}

resource "oci_kms_key" "two" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "two"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = lookup(var.key, "mode", null)
  is_auto_rotation_enabled = lookup(var.key, "auto", false)
}

resource "oci_kms_key" "many" {
  for_each     = local.keys
  display_name = "key-${each.key}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = lookup(each.value, "protection_mode", "SOFTWARE")
  auto_key_rotation_details {
    rotation_interval_in_days = try(lookup(each.value, "rotation", {}).days, 60)
  }
}
