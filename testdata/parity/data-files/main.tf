resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  keys  = jsondecode(file("${path.module}/keys.json"))
  yaml  = yamldecode(file("./config/keys.yaml"))
  rows  = csvdecode(file("${path.root}/config/keys.csv"))
  found = { for f in fileset("${path.module}/config", "*.json") : trimsuffix(basename(f), ".json") => jsondecode(file("${path.module}/config/${f}")) }
}

resource "oci_kms_key" "json" {
  for_each     = local.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = each.value.mode
  is_auto_rotation_enabled = try(each.value.rotation.enabled, null)
  dynamic "auto_key_rotation_details" {
    for_each = can(each.value.rotation) ? [each.value.rotation] : []
    content {
      rotation_interval_in_days = auto_key_rotation_details.value.days
    }
  }
}

resource "oci_kms_key" "yaml" {
  for_each     = { for k in local.yaml.keys : k.name => k }
  display_name = each.value.name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = lookup(each.value, "mode", local.yaml.defaults.mode)
  is_auto_rotation_enabled = each.value.rotate
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.days
  }
}

resource "oci_kms_key" "csv" {
  count        = length(local.rows)
  display_name = local.rows[count.index]["name"]
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = local.rows[count.index].mode
  is_auto_rotation_enabled = local.rows[count.index].rotate
}

resource "oci_kms_key" "found" {
  for_each     = local.found
  display_name = "${each.key}: ${each.value.name}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = fileexists("${path.module}/config/${each.key}.hsm") ? "HSM" : "SOFTWARE"
}
