resource "oci_kms_key" "k" {
  display_name = var.name
}
