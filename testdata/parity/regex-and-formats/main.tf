resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "spec" {
  default = "db:hsm:90, app:software:120 ,x::"
}
locals {
  parsed = { for s in split(",", var.spec) : trimspace(split(":", s)[0]) => {
    mode = try(coalesce(upper(regex("^[^:]*:([a-z]+)", trimspace(s))[0])), null)
    days = try(tonumber(regexall("[0-9]+", s)[0]), null)
  } }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each                 = local.parsed
  protection_mode          = each.value.mode
  is_auto_rotation_enabled = each.value.days != null
  display_name             = format("%-5s|%05.1f|%q", each.key, coalesce(each.value.days, 0), each.key)
  dynamic "auto_key_rotation_details" {
    for_each = compact([each.value.days])
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
