resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "kind" {
  default = "b"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  dynamic "auto_key_rotation_details" {
    for_each = var.kind == "a" ? [90] : []
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
  dynamic "auto_key_rotation_details" {
    for_each = var.kind == "b" ? { x = 120 } : {}
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
      time_of_schedule_start    = auto_key_rotation_details.key == "x" ? "2027-06-01T00:00:00Z" : null
    }
  }
}
