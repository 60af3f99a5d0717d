resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "keys" {
  type = map(object({ mode = string, rotate = bool, days = number }))
}
variable "how_many" { type = number }

resource "oci_kms_key" "literal" {
  for_each     = var.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}

resource "oci_kms_key" "each" {
  for_each     = var.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = each.value.mode
  is_auto_rotation_enabled = each.value.rotate
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.days
  }
}

resource "oci_kms_key" "counted" {
  count        = var.how_many
  display_name = "key ${count.index}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
