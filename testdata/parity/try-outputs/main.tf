module "m" {
  source = "./m"
}
module "many" {
  source   = "./m"
  for_each = toset(["a"])
}
locals {
  whole = module.m
}
resource "oci_kms_key" "missing" {
  compartment_id      = "c"
  display_name        = "missing"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(module.m.nope, "SOFTWARE")
}
resource "oci_kms_key" "present" {
  compartment_id      = "c"
  display_name        = "present"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(module.m.mode, "SOFTWARE")
}
resource "oci_kms_key" "can" {
  compartment_id      = "c"
  display_name        = "can"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = can(module.m.nope) ? "HSM" : "SOFTWARE"
}
resource "oci_kms_key" "can_not" {
  compartment_id      = "c"
  display_name        = "can_not"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = can(module.m.mode) ? "HSM" : "SOFTWARE"
}
resource "oci_kms_key" "index" {
  compartment_id      = "c"
  display_name        = "index"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(module.many["a"].nope, module.many["a"].mode)
}
resource "oci_kms_key" "bad_key" {
  compartment_id      = "c"
  display_name        = "bad_key"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(module.many["b"].mode, "SOFTWARE")
}
resource "oci_kms_key" "whole" {
  compartment_id      = "c"
  display_name        = "whole"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(local.whole.nope, "SOFTWARE")
}
resource "oci_kms_key" "deep" {
  compartment_id      = "c"
  display_name        = "deep"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(module.m.mode.nope, "SOFTWARE")
}
resource "oci_kms_key" "splat" {
  compartment_id      = "c"
  display_name        = "splat"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = try(values(module.many)[*].nope[0], "SOFTWARE")
}
resource "oci_kms_key" "lookup" {
  compartment_id      = "c"
  display_name        = "lookup"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = lookup(module.m, "nope", "SOFTWARE")
}
resource "oci_kms_key" "untaken" {
  compartment_id      = "c"
  display_name        = "untaken"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = true ? "SOFTWARE" : module.m.nope
}
