resource "oci_kms_key" "misspelled" {
}

resource "oci_kms_key" "argument_as_block" {
  is_auto_rotation_enabled = true
}

resource "oci_kms_key" "block_as_argument" {
  is_auto_rotation_enabled = true
}

resource "oci_kms_key" "nested" {
  auto_rotation = true
}
