resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "keys" {
  type      = map(object({ mode = string, days = number }))
  sensitive = true
  default   = { a = { mode = "SOFTWARE", days = 90 }, b = { mode = "HSM", days = 500 } }
}

resource "oci_kms_key" "k" {
  for_each     = nonsensitive(toset(keys(var.keys)))
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.keys[each.key].mode
  is_auto_rotation_enabled = var.keys[each.key].days < 365
  auto_key_rotation_details {
    rotation_interval_in_days = var.keys[each.key].days
  }
}
