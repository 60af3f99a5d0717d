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
  for_each = { a = 90, b = 120 }
  dynamic "auto_key_rotation_details" {
    for_each = { (each.key) = each.value + 1 }
    iterator = each
    content {
      rotation_interval_in_days = each.value
    }
  }
}
