variable "vaults_configuration" {
  type = object({
    endpoint = string
    keys     = optional(map(object({ mode = optional(string) })))
  })
  default = null
}

resource "oci_kms_key" "these" {
  for_each            = coalesce(var.vaults_configuration.keys, {})
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = each.key
  management_endpoint = var.vaults_configuration.endpoint
  protection_mode     = upper(coalesce(each.value.mode, "HSM"))

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
