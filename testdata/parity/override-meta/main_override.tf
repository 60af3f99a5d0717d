resource "oci_kms_key" "counted" {
  count = 2
}
variable "keys" {
  type    = map(string)
  default = { b = "SOFTWARE" }
}
resource "oci_kms_key" "each" {
  lifecycle {
    prevent_destroy = true
  }
  dynamic "auto_key_rotation_details" {
    for_each = [90]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
module "m" {
  source = "./other"
  mode   = "SOFTWARE"
}
