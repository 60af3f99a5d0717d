resource "oci_kms_key" "k" {
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 100
  }
}

resource "oci_kms_key" "dyn" {
  auto_key_rotation_details {
    rotation_interval_in_days = 101
  }
}

variable "mode" {
  default = "SOFTWARE"
}

locals {
  b = "from a_override"
}
