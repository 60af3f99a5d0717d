resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "n" {
  type    = object({ d = number })
  default = null
}
variable "m" {
  type    = object({ d = number })
  default = { d = 90 }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = length(var.n[*].d) == 0 ? "HSM" : "SOFTWARE"
  dynamic "auto_key_rotation_details" {
    for_each = var.m[*]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value.d
    }
  }
}
resource "oci_kms_key" "j" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "j"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  dynamic "auto_key_rotation_details" {
    for_each = var.n[*]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value.d
    }
  }
}
