# names that look like keywords or functions
resource "oci_kms_vault" "for" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "for"
  vault_type     = "DEFAULT"
}

variable "if" { default = "SOFTWARE" }
variable "each" { default = { key = "HSM" } }
variable "local" {
  type    = number
  default = 2
}
locals {
  path      = "EXTERNAL"
  terraform = { workspace = "HSM" }
  null      = "SOFTWARE"
  length    = 3
  data      = { oci_kms_vault = { x = "HSM" } }
}

resource "oci_kms_key" "in" {
  count        = var.local
  display_name = "in"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.for.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.if
}
resource "oci_kms_key" "local" {
  for_each     = toset(["each"])
  display_name = "each"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.for.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.each.key
}
resource "oci_kms_key" "module" {
  display_name = length(local.path) > local.length ? local.path : "x"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.for.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local.terraform.workspace == "HSM" ? local.null : local.data.oci_kms_vault.x
}
resource "oci_kms_key" "for_expr" {
  display_name = join("", [for local in ["a", "b"] : local])
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.for.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = { for var in ["SOFTWARE"] : "k" => var }.k
}
