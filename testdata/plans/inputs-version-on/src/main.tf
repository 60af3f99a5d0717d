variable "rotate" {
  type    = bool
  default = true
}

locals {
  periods = var.rotate ? { current = formatdate("YYYY", plantimestamp()) } : {}
}

resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key_version" "yearly" {
  for_each            = toset(values(local.periods))
  key_id              = oci_kms_key.k.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}
