variable "vaults_configuration" {
  type = object({
    default_compartment_id = string
    default_vault_type     = optional(string, "DEFAULT")
    vaults = optional(map(object({
      compartment_id = optional(string)
      name           = string
      type           = optional(string)
    })))
    keys = optional(map(object({
      compartment_id            = optional(string)
      vault_key                 = optional(string)
      vault_management_endpoint = optional(string)
      name                      = string
      algorithm                 = optional(string)
      length                    = optional(number)
      protection_mode           = optional(string)
      rotation_days             = optional(number)
      versions                  = optional(list(string))
    })))
  })
  default = null
}

locals {
  vaults = var.vaults_configuration != null ? var.vaults_configuration.vaults != null ? var.vaults_configuration.vaults : {} : {}
  versions = flatten([
    for k, v in(var.vaults_configuration != null ? coalesce(var.vaults_configuration.keys, {}) : {}) : [
      for ver in coalesce(v.versions, []) : { id = "${k}.${ver}", key = k }
    ]
  ])
}

resource "oci_kms_vault" "these" {
  for_each       = local.vaults
  compartment_id = each.value.compartment_id != null ? each.value.compartment_id : var.vaults_configuration.default_compartment_id
  display_name   = each.value.name
  vault_type     = upper(coalesce(each.value.type, var.vaults_configuration.default_vault_type))
}

resource "oci_kms_key" "these" {
  for_each            = var.vaults_configuration != null ? { for k, v in var.vaults_configuration.keys : k => v } : {}
  compartment_id      = coalesce(each.value.compartment_id, var.vaults_configuration.default_compartment_id)
  display_name        = each.value.name
  management_endpoint = each.value.vault_key != null ? oci_kms_vault.these[each.value.vault_key].management_endpoint : each.value.vault_management_endpoint
  protection_mode     = each.value.protection_mode != null ? upper(each.value.protection_mode) : "HSM"

  key_shape {
    algorithm = coalesce(each.value.algorithm, "AES")
    length    = each.value.length != null ? each.value.length : 32
  }

  is_auto_rotation_enabled = each.value.rotation_days != null
  dynamic "auto_key_rotation_details" {
    for_each = each.value.rotation_days != null ? [1] : []
    content {
      rotation_interval_in_days = each.value.rotation_days
    }
  }
}

resource "oci_kms_key_version" "these" {
  for_each            = { for v in local.versions : v.id => v }
  key_id              = oci_kms_key.these[each.value.key].id
  management_endpoint = oci_kms_key.these[each.value.key].management_endpoint
}
