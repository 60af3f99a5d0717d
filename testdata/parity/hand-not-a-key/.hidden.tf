resource "oci_kms_key" "hidden" {}
