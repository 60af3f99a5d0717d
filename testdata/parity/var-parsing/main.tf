resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "untyped" {}
variable "typed_any" { type = any }
variable "string" { type = string }
variable "number" { type = number }
variable "bool" { type = bool }
variable "env_map" { type = map(string) }
variable "env_untyped" {}
variable "env_bool" { type = bool }

resource "oci_kms_key" "untyped" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "untyped"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.untyped
}
resource "oci_kms_key" "typed_any" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "typed_any"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.typed_any.mode
}
resource "oci_kms_key" "string" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "string"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.string
  is_auto_rotation_enabled = var.bool
  auto_key_rotation_details {
    rotation_interval_in_days = var.number
  }
}
resource "oci_kms_key" "env" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "env"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.env_map.mode
  is_auto_rotation_enabled = var.env_bool && var.env_untyped == "true"
}
