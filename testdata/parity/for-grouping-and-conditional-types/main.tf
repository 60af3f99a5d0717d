resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  raw = [
    { name = "a", env = "prod", mode = "HSM" },
    { name = "b", env = "prod", mode = "SOFTWARE" },
    { name = "c", env = "dev" },
  ]
  by_env = { for r in local.raw : r.env => lookup(r, "mode", "none")... }
  cond   = true ? { mode = "SOFTWARE", days = 90 } : { mode = "HSM", days = "100" }
  one_of = false ? [] : ["HSM"]
}

resource "oci_kms_key" "env" {
  for_each     = local.by_env
  display_name = join(",", sort(each.value))
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = contains(each.value, "HSM") ? "HSM" : each.value[0]
}

resource "oci_kms_key" "cond" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "cond"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local.cond.mode
  auto_key_rotation_details {
    rotation_interval_in_days = local.cond.days
  }
}

resource "oci_kms_key" "list" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "list"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = one(local.one_of)
}

resource "oci_kms_key" "indexed" {
  for_each     = { for i, r in local.raw : format("%03d", i) => r if try(r.mode, "") != "HSM" }
  display_name = each.value.name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = try(each.value.mode, null)
}
