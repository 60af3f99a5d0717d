# No directory calls this one: whether its keys are rotated is a default.
variable "keys" {
  type = map(object({
    rotate = optional(bool, false)
  }))
  default = {}
}

resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "k" {
  for_each                 = var.keys
  compartment_id           = "ocid1.compartment.oc1..example"
  display_name             = each.key
  management_endpoint      = oci_kms_vault.v.management_endpoint
  is_auto_rotation_enabled = each.value.rotate

  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
