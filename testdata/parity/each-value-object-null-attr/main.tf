resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "keys" {
  type = map(object({ rotation = optional(object({ enabled = bool, days = optional(number) })), mode = optional(string) }))
  default = {
    a = { rotation = { enabled = true, days = 90 }, mode = "HSM" }
    b = { rotation = { enabled = false } }
    c = {}
  }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each                 = var.keys
  protection_mode          = each.value.mode
  is_auto_rotation_enabled = try(each.value.rotation.enabled, null)
  dynamic "auto_key_rotation_details" {
    for_each = each.value.rotation != null && try(each.value.rotation.enabled, false) ? [each.value.rotation] : []
    content {
      rotation_interval_in_days = lookup(auto_key_rotation_details.value, "days", 365)
    }
  }
}
