variable "kms" {
  type = list(object({
    vault_type = optional(string, "DEFAULT")
    keys       = list(map(string))
  }))
  default = [
    { keys = [{ name = "a", mode = "SOFTWARE" }, { name = "b" }] },
    { vault_type = "VIRTUAL_PRIVATE", keys = [{ name = "c", rotate = "true", days = "99" }] },
  ]
}

locals {
  keys = flatten([for i, v in var.kms : [for k in v.keys : merge(k, { vault = i })]])
}

resource "oci_kms_vault" "main" {
  count          = length(var.kms)
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "vault-${count.index}"
  vault_type     = var.kms[count.index].vault_type
}

resource "oci_kms_key" "k" {
  count        = length(local.keys)
  display_name = local.keys[count.index].name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main[local.keys[count.index].vault].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = lookup(local.keys[count.index], "mode", null)
  is_auto_rotation_enabled = lookup(local.keys[count.index], "rotate", "false")
  dynamic "auto_key_rotation_details" {
    for_each = contains(keys(local.keys[count.index]), "days") ? toset([local.keys[count.index].days]) : []
    content {
      rotation_interval_in_days = tonumber(auto_key_rotation_details.value)
    }
  }
}
