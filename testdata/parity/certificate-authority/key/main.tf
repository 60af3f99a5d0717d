variable "endpoint" {}
resource "oci_kms_key" "this" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "this"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
output "id" { value = oci_kms_key.this.id }
