resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  default_key = { mode = "SOFTWARE", days = 180, rotate = false, shape = { algorithm = "AES", length = 32 } }
  keys = {
    plain   = {}
    special = { mode = "HSM", rotate = true }
    rsa     = { shape = { algorithm = "RSA", length = 256 } }
  }
  merged = { for name, key in local.keys : name => merge(local.default_key, key) }
}

resource "oci_kms_key" "this" {
  for_each                 = local.merged
  compartment_id           = "ocid1.compartment.oc1..example"
  display_name             = replace(title(each.key), "/\\W/", "")
  management_endpoint      = oci_kms_vault.main.management_endpoint
  protection_mode          = each.value.mode
  is_auto_rotation_enabled = each.value.rotate

  dynamic "key_shape" {
    for_each = [each.value.shape]
    content {
      algorithm = key_shape.value.algorithm
      length    = key_shape.value["length"]
    }
  }

  dynamic "auto_key_rotation_details" {
    for_each = { for k, v in each.value : k => v if k == "days" && each.value.rotate }
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
