resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "s" {
  sensitive = true
  default   = { mode = "HSM", days = 90 }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.s.mode
  dynamic "auto_key_rotation_details" {
    for_each = [var.s.days]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
