resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each = {}
}
resource "oci_kms_key" "j" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "j"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count = 0
}
resource "oci_kms_key" "i" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "i"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each = toset([])
}
resource "oci_kms_key" "real" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = length(oci_kms_key.k) + length(oci_kms_key.j) + length(oci_kms_key.i) == 0 ? "HSM" : "SOFTWARE"
  display_name    = "${jsonencode(oci_kms_key.k)}${jsonencode(oci_kms_key.j)}"
}
