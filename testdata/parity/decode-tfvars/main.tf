terraform {
  required_providers {
    terraform = {
      source = "terraform.io/builtin/terraform"
    }
  }
}
locals {
  decoded = provider::terraform::decode_tfvars(file("${path.module}/values.txt"))
}
resource "oci_kms_key" "inline" {
  compartment_id      = "c"
  display_name        = "inline"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = provider::terraform::decode_tfvars("m = \"HSM\"").m
}
resource "oci_kms_key" "file" {
  compartment_id      = "c"
  display_name        = "file"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.decoded.mode
}
resource "oci_kms_key" "nested" {
  compartment_id      = "c"
  display_name        = "nested"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.decoded.modes["b"][1]
}
resource "oci_kms_key" "encoded" {
  compartment_id      = "c"
  display_name        = "encoded"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = provider::terraform::encode_expr({ a = [1, "x", true, null] })
}
resource "oci_kms_key" "tfvars" {
  compartment_id      = "c"
  display_name        = "tfvars"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = provider::terraform::encode_tfvars({ m = "SOFTWARE", n = { a = 1 } })
}
resource "oci_kms_key" "roundtrip" {
  compartment_id      = "c"
  display_name        = "roundtrip"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = provider::terraform::decode_tfvars(provider::terraform::encode_tfvars({ m = "SOFTWARE" })).m
}
resource "oci_kms_key" "refused" {
  compartment_id      = "c"
  display_name        = "refused"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(provider::terraform::decode_tfvars("m = var.x").m, "SOFTWARE")
}
resource "oci_kms_key" "wrong" {
  compartment_id      = "c"
  display_name        = "wrong"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(provider::terraform::decode_tfvars("m = ").m, "SOFTWARE")
}
resource "oci_kms_key" "text" {
  compartment_id      = "c"
  display_name        = "text"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = provider::terraform::encode_expr("a\n${"$"}{b} \"c\" é")
}
