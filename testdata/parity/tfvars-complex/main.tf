resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "keys" {
  type = map(object({
    mode     = optional(string)
    rotation = optional(object({ days = number, start = optional(string) }))
  }))
}
variable "untyped" {}
variable "untyped_with_default" { default = { mode = "HSM" } }
variable "list_of_any" { type = list(any) }
variable "tuple" { type = tuple([string, bool]) }

resource "oci_kms_key" "k" {
  for_each     = var.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = each.value.mode
  is_auto_rotation_enabled = each.value.rotation == null ? var.tuple[1] : true
  dynamic "auto_key_rotation_details" {
    for_each = each.value.rotation == null ? [] : [each.value.rotation]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value.days
      time_of_schedule_start    = auto_key_rotation_details.value.start
    }
  }
}

resource "oci_kms_key" "untyped" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "untyped"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.untyped.modes[1]
  is_auto_rotation_enabled = var.untyped.rotate
  auto_key_rotation_details {
    rotation_interval_in_days = var.list_of_any[1]
  }
}

resource "oci_kms_key" "untyped_default" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "untyped_default"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = try(var.untyped_with_default.mode, var.tuple[0])
}
