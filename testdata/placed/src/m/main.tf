variable "keys" {
  default = { d = { mode = "HSM" } }
}
resource "oci_kms_key" "k" {
  for_each            = var.keys
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = each.key
  management_endpoint = "https://example-management.kms.eu-frankfurt-1.oraclecloud.com"
  protection_mode     = each.value.mode
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
