variable "create_vault" { default = true }
variable "vault_id" { default = "" }

resource "oci_kms_vault" "main" {
  count          = var.create_vault ? 1 : 0
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

data "oci_kms_vault" "main" {
  count    = var.create_vault ? 0 : 1
  vault_id = var.vault_id
}

locals {
  vault    = var.create_vault ? oci_kms_vault.main[0].management_endpoint : data.oci_kms_vault.main[0].management_endpoint
  vault_or = try(oci_kms_vault.main[0].management_endpoint, data.oci_kms_vault.main[0].management_endpoint)
  object   = var.create_vault ? { endpoint = oci_kms_vault.main[0].management_endpoint } : { endpoint = data.oci_kms_vault.main[0].management_endpoint }
  list     = concat(oci_kms_vault.main[*].management_endpoint, data.oci_kms_vault.main[*].management_endpoint)
}

resource "oci_kms_key" "conditional" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "conditional"
  management_endpoint = local.vault

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "try" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "try"
  management_endpoint = local.vault_or

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "object" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "object"
  management_endpoint = local.object.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "list" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "list"
  management_endpoint = local.list[0]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "compacted" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "compacted"
  management_endpoint = compact(concat(local.list, [""]))[0]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
