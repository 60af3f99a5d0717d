resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "c" {
  type = object({
    keys = optional(map(object({
      mode = optional(string, "HSM")
      rot  = optional(object({ on = optional(bool, true), days = optional(number, 90) }), {})
      tags = optional(list(string))
    })), { def = { tags = ["x"] } })
  })
  default = {}
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each                 = var.c.keys
  protection_mode          = each.value.mode
  is_auto_rotation_enabled = each.value.rot.on
  display_name             = try(each.value.tags[0], "none")
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.rot.days
  }
}
