variable "endpoint" {
  type = string
}
variable "mode" {
  type     = string
  default  = "SOFTWARE"
  nullable = false
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "k"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  management_endpoint = var.endpoint
  protection_mode     = var.mode
}
output "id" {
  value = oci_kms_key.k.id
}
