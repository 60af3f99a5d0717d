variable "private" {
  type    = bool
  default = true
}

resource "oci_kms_vault" "private" {
  count          = var.private ? 1 : 0
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "private"
  vault_type     = "VIRTUAL_PRIVATE"
}
resource "oci_kms_vault" "shared" {
  count          = var.private ? 0 : 1
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "shared"
  vault_type     = "DEFAULT"
}

locals {
  vault    = try(oci_kms_vault.private[0], oci_kms_vault.shared[0])
  vaults   = concat(oci_kms_vault.private, oci_kms_vault.shared)
  endpoint = coalescelist(oci_kms_vault.private[*].management_endpoint, oci_kms_vault.shared[*].management_endpoint)[0]
  by_type  = { for v in local.vaults : v.vault_type => v.management_endpoint }
}

resource "oci_kms_key" "object" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "object"
  management_endpoint = local.vault.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "concat" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "concat"
  management_endpoint = local.vaults[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "coalescelist" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "coalescelist"
  management_endpoint = local.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "by_type" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_type"
  management_endpoint = local.by_type["VIRTUAL_PRIVATE"]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "lookup" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "lookup"
  management_endpoint = lookup(local.by_type, "DEFAULT", lookup(local.by_type, "VIRTUAL_PRIVATE", ""))

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "conditional" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "conditional"
  management_endpoint = var.private ? oci_kms_vault.private[0].management_endpoint : oci_kms_vault.shared[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "element" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "element"
  management_endpoint = element(concat(oci_kms_vault.private.*.management_endpoint, oci_kms_vault.shared.*.management_endpoint, [""]), 0)

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "values" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "values"
  management_endpoint = values({ a = oci_kms_vault.private[0] })[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
