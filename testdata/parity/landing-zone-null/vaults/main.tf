variable "config" {
  type    = object({ keys = map(object({ mode = string })) })
  default = null
}
resource "oci_kms_key" "these" {
  for_each     = var.config != null ? var.config.keys : {}
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = "https://abc-management.kms.eu-frankfurt-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value.mode
}
