resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "mode" {
  type    = string
  default = "SOFTWARE"
}
variable "tags" {
  type    = map(string)
  default = { a = "b" }
}
locals {
  days = 90
}
module "m" {
  source = "./m"
  mode   = "SOFTWARE"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode          = var.mode
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = local.days
    time_of_schedule_start    = "2027-01-01T00:00:00Z"
  }
}
resource "oci_kms_key" "dyn" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "dyn"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = "HSM"
  dynamic "auto_key_rotation_details" {
    for_each = [1]
    content {
      rotation_interval_in_days = 100
    }
  }
}
