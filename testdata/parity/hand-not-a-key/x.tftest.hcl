run "oci_kms_key" {}
