resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {
  type        = string
  default     = "SOFTWARE"
  description = <<-EOT
    HSM or
    SOFTWARE
  EOT
  validation {
    condition     = can(regex("^(HSM|SOFTWARE)$", var.mode))
    error_message = "HSM or SOFTWARE, got ${var.mode}."
  }
  validation {
    condition     = var.mode != "HSM" || var.reason != ""
    error_message = "Say why."
  }
}
variable "reason" { default = "" }
variable "list" {
  type    = list(object({ name = string, mode = optional(string, "HSM") }))
  default = [{ name = "a" }, { name = "b", mode = "SOFTWARE" }]
}
variable "set_of_objects" {
  type    = set(object({ name = string, days = optional(number) }))
  default = [{ name = "x", days = 60 }, { name = "y" }]
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}

resource "oci_kms_key" "list" {
  count        = length(var.list)
  display_name = var.list[count.index].name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.list[count.index]["mode"]
}

resource "oci_kms_key" "set" {
  for_each     = { for o in var.set_of_objects : o.name => o.days }
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = each.value != null
  dynamic "auto_key_rotation_details" {
    for_each = each.value != null ? { d = each.value } : {}
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
