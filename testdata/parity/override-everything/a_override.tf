variable "mode" {
  default = "HSM"
}
locals {
  days = 120
}
module "m" {
  mode = "HSM"
}
resource "oci_kms_key" "k" {
  display_name = "over"
  auto_key_rotation_details {
    rotation_interval_in_days = local.days + 1
  }
}
resource "oci_kms_key" "dyn" {
  auto_key_rotation_details {
    rotation_interval_in_days = 61
  }
}
