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
  protection_mode = "HSM"
}
resource "oci_kms_key" "j" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  display_name             = "${lookup(oci_kms_key.k, "protection_mode", "none")}-${contains(keys(oci_kms_key.k), "vault_id")}"
  protection_mode          = lookup(oci_kms_key.k, "is_auto_rotation_enabled", "none") == "none" ? "HSM" : "SOFTWARE"
  is_auto_rotation_enabled = length(oci_kms_key.k.restore_from_file) == 0
  auto_key_rotation_details {
    rotation_interval_in_days = length([for n, v in oci_kms_key.k : n if startswith(n, "k")])
  }
}
