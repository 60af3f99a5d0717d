resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

variable "config" {
  type = object({
    defaults = optional(object({
      mode = optional(string, "HSM")
    }), {})
    keys = optional(map(object({
      mode = optional(string)
      rotation = optional(object({
        enabled = optional(bool, true)
        days    = optional(number, 365)
        start   = optional(string)
      }))
    })), { fallback = {} })
    list = optional(list(object({ name = string, rotation = optional(object({ days = optional(number, 77) }), {}) })), [])
  })
  default = {
    keys = {
      a = { mode = "SOFTWARE", rotation = {} }
      b = { rotation = { days = 60, start = "2027-03-01T00:00:00Z" } }
      c = { rotation = { enabled = false } }
      d = {}
    }
    list = [{ name = "x" }, { name = "y", rotation = { days = 78 } }, { name = "z", rotation = null }]
  }
}

variable "empty" {
  type = object({
    keys = optional(map(object({ mode = optional(string, "SOFTWARE") })), { fallback = {} })
  })
  default = {}
}

resource "oci_kms_key" "k" {
  for_each     = var.config.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = coalesce(each.value.mode, var.config.defaults.mode)
  is_auto_rotation_enabled = each.value.rotation != null ? each.value.rotation.enabled : null

  dynamic "auto_key_rotation_details" {
    for_each = each.value.rotation[*]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value.days
      time_of_schedule_start    = auto_key_rotation_details.value.start
    }
  }
}

resource "oci_kms_key" "empty" {
  for_each     = var.empty.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value.mode
}

resource "oci_kms_key" "list" {
  for_each     = { for o in var.config.list : o.name => o }
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.rotation.days
  }
}
