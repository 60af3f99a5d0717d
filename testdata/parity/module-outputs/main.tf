module "vault" {
  source = "./vault"
  type   = "VIRTUAL_PRIVATE"
}

module "keys" {
  source   = "./keys"
  endpoint = module.vault.management_endpoint
  vault    = module.vault.vault
}

resource "oci_kms_key" "direct" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "direct"
  management_endpoint = module.vault.vault.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = module.vault.default_mode
}

resource "oci_kms_key" "by_name" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_name"
  management_endpoint = module.vault.by_name["main"]["endpoint"]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = module.vault.is_private
}
