resource "oci_kms_key" "k" {
  dynamic "auto_key_rotation_details" {
    for_each = ["365"]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
  lifecycle {
    prevent_destroy = true
  }
}
