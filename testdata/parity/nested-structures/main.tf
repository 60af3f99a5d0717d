variable "vaults" {
  default = {
    prod = {
      type = "VIRTUAL_PRIVATE"
      keys = {
        db  = { mode = "HSM", days = 90 }
        app = { days = 365 }
      }
    }
    dev = {
      type = "DEFAULT"
      keys = { scratch = { mode = "SOFTWARE" } }
    }
    empty = { type = "DEFAULT", keys = {} }
  }
}

locals {
  keys = merge([
    for vn, v in var.vaults : {
      for kn, k in v.keys : "${vn}/${kn}" => merge({ mode = null, days = null }, k, { vault = vn, type = v.type })
    }
  ]...)
  flat  = flatten([for vn, v in var.vaults : [for kn in keys(v.keys) : { vault = vn, key = kn }]])
  pairs = { for p in setproduct(["eu", "us"], ["logs", "data"]) : join("-", p) => { region = p[0], kind = p[1] } }
  group = { for f in local.flat : f.vault => f.key... }
}

resource "oci_kms_vault" "main" {
  for_each       = var.vaults
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = each.key
  vault_type     = each.value.type
}

resource "oci_kms_key" "merged" {
  for_each     = local.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main[each.value.vault].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = each.value.mode
  is_auto_rotation_enabled = each.value.type == "VIRTUAL_PRIVATE" && each.value.days != null
  dynamic "auto_key_rotation_details" {
    for_each = each.value.days[*]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}

resource "oci_kms_key" "flat" {
  for_each     = { for i, f in local.flat : "${i}" => f }
  display_name = "${each.value.vault}.${each.value.key}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = lookup(oci_kms_vault.main, each.value.vault).management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "pairs" {
  for_each     = local.pairs
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = values(oci_kms_vault.main)[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value.kind == "logs" ? "SOFTWARE" : "HSM"
}

resource "oci_kms_key" "group" {
  for_each     = local.group
  display_name = join("+", each.value)
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main[each.key].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
