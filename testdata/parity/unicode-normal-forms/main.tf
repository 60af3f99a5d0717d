locals {
  é = "SOFTWARE"
  é = "HSM"
  object  = { é = "HSM", é = "SOFTWARE" }
  strings = { "é" = "HSM" }
}
resource "oci_kms_key" "composed" {
  compartment_id      = "c"
  display_name        = "composed"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.é
}
resource "oci_kms_key" "decomposed" {
  compartment_id      = "c"
  display_name        = "decomposed"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.é
}
resource "oci_kms_key" "object" {
  compartment_id      = "c"
  display_name        = "object"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.object.é
}
resource "oci_kms_key" "count" {
  compartment_id      = "c"
  display_name        = "count"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = "n${length(local.object)}"
}
resource "oci_kms_key" "strings" {
  compartment_id      = "c"
  display_name        = "strings"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.strings["é"]
}
resource "oci_kms_key" "attribute" {
  compartment_id      = "c"
  display_name        = "attribute"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.strings.é
}
resource "oci_kms_key" "loop" {
  compartment_id      = "c"
  display_name        = "loop"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = [for é in ["SOFTWARE"] : é][0]
}
resource "oci_kms_key" "é" {
  compartment_id      = "c"
  display_name        = "é"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "é" {
  compartment_id      = "c"
  display_name        = "é"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = "HSM"
}
