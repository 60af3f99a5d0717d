# resource "oci_kms_key" "a" {}
data "oci_kms_key" "read" {
  key_id              = "ocid1.key.oc1..x"
  management_endpoint = "https://x"
}
locals {
  text = "resource \"oci_kms_key\" \"b\" {}"
  doc  = <<-EOT
    resource "oci_kms_key" "c" {
    }
  EOT
}
resource "oci_kms_vault" "oci_kms_key" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "oci_kms_key"
  vault_type     = "DEFAULT"
}
