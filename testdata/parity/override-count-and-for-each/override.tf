resource "oci_kms_key" "k" {
  count = 1
}
resource "oci_kms_key" "j" {
  for_each        = toset(["b", "c"])
  protection_mode = each.key == "b" ? "SOFTWARE" : null
}
