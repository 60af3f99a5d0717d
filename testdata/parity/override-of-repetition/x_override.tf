resource "oci_kms_key" "counted" {
  for_each = toset(["a"])
}

resource "oci_kms_key" "each" {
  count = 2
}

module "counted" {
  for_each = toset(["a"])
}
