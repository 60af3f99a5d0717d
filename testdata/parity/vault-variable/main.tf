variable "endpoint" {}
variable "vault_type" { default = "VIRTUAL_PRIVATE" }

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "literal" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "literal"
  management_endpoint = "https://bbbb-management.kms.uk-london-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_vault" "main" {
  count          = var.endpoint == null ? 1 : 0
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = var.vault_type
}

resource "oci_kms_key" "chosen" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "chosen"
  management_endpoint = coalesce(var.endpoint, one(oci_kms_vault.main[*].management_endpoint))

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
