variable "mode" {
  default = null
}
output "mode" {
  value = var.mode
}
resource "oci_kms_key" "k" {
  compartment_id      = "c"
  display_name        = "k"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.mode
}
