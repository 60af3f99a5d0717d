resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "flag" {
  type    = bool
  default = "true"
}
variable "days" {
  type    = number
  default = "90"
}
variable "string" {
  type    = string
  default = true
}
variable "any" {}
variable "list" { type = list(string) }

resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "a"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = var.flag
  auto_key_rotation_details {
    rotation_interval_in_days = var.days
  }
}

resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "b"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.string
  is_auto_rotation_enabled = var.any
  auto_key_rotation_details {
    rotation_interval_in_days = "0${var.days}"
  }
}

resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "c"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = 5
  is_auto_rotation_enabled = "1"
  auto_key_rotation_details {
    rotation_interval_in_days = "${3 * 30}"
  }
}

resource "oci_kms_key" "d" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "d"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = join(",", var.list)
  is_auto_rotation_enabled = "false"
  auto_key_rotation_details {
    rotation_interval_in_days = "1e2"
  }
}
