resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "keys" {
  type = map(object({
    display_name    = string
    protection_mode = optional(string, "SOFTWARE")
    rotate          = optional(bool)
    days            = optional(number, 90)
    tags            = optional(map(string), {})
  }))
  default = {
    plain = {
      display_name = "Plain"
    }
    full = {
      display_name    = "Full"
      protection_mode = "HSM"
      rotate          = "true"
      days            = "180"
      extra           = "dropped"
    }
    nulls = {
      display_name    = "Nulls"
      protection_mode = null
      rotate          = null
      days            = null
    }
  }
}

resource "oci_kms_key" "k" {
  for_each     = var.keys
  display_name = each.value.display_name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = each.value.protection_mode
  is_auto_rotation_enabled = each.value.rotate
  freeform_tags            = each.value.tags
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.days
  }
}
