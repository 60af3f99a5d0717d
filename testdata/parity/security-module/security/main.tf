locals {
  vault_type   = upper(lookup(var.vault, "type", "default"))
  can_rotate   = local.vault_type == "VIRTUAL_PRIVATE"
  compartments = distinct(compact([for k in var.keys : lookup(var.vault, "compartment", "ocid1.compartment.oc1..example")]))
}

resource "oci_kms_vault" "this" {
  compartment_id = local.compartments[0]
  display_name   = var.vault.name
  vault_type     = local.vault_type
}

resource "oci_kms_key" "this" {
  for_each            = var.keys
  compartment_id      = one(local.compartments)
  display_name        = format("key-%s", each.key)
  management_endpoint = oci_kms_vault.this.management_endpoint
  protection_mode     = upper(coalesce(each.value.protection_mode, "HSM"))

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = local.can_rotate ? each.value.auto_rotation : false

  dynamic "auto_key_rotation_details" {
    for_each = local.can_rotate && each.value.auto_rotation ? [each.value] : []
    iterator = rotation
    content {
      rotation_interval_in_days = rotation.value.rotation_interval_days
      time_of_schedule_start    = rotation.value.rotation_start
    }
  }
}
