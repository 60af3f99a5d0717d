resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  display_name = "${1e3}/${1.50}/${0.1 + 0.2}/${10 / 3}/${- 0}/${1e-7}/${123456789012345678901234567890}/${pow(2, 0.5)}/${7 % -3}"
  auto_key_rotation_details {
    rotation_interval_in_days = 9e1
  }
}
