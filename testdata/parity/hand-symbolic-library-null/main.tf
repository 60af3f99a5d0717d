resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "config" {
  type = object({
    mode = optional(string, "HSM")
    keys = optional(map(object({ mode = optional(string) })), {})
  })
  default = null
}

resource "oci_kms_key" "these" {
  for_each     = var.config != null ? var.config.keys : {}
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = coalesce(each.value.mode, var.config.mode)
}
