resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "counted" {
  count               = 2
  display_name        = "counted"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}

resource "oci_kms_key" "each" {
  for_each            = toset(["a"])
  display_name        = "each"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}

module "counted" {
  source   = "./m"
  count    = 1
  endpoint = oci_kms_vault.main.management_endpoint
}
