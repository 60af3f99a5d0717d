resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "a" {
  default = "SOFTWARE"
}
variable "b" {
  default = "SOFTWARE"
}
variable "c" {
  default = "SOFTWARE"
}
variable "d" {
  default = "SOFTWARE"
}
variable "e" {
  default = "SOFTWARE"
}
variable "f" {
  default = "x"
}
variable "g" {
  type    = map(object({ mode = optional(string, "HSM"), n = optional(number) }))
  default = {}
}
resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.a
}
resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "b"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.b
}
resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.c
}
resource "oci_kms_key" "d" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "d"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.d
}
resource "oci_kms_key" "e" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "e"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.e
}
resource "oci_kms_key" "f" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "f"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = var.f
}
resource "oci_kms_key" "g" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = var.g
  protection_mode = each.value.mode
  display_name    = "${each.key}${coalesce(each.value.n, 0)}"
}
