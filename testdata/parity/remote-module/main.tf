module "landing_zone" {
  source  = "example-corp/landing-zone/oci"
  version = "1.0.0"
  mode    = "HSM"
}
module "vault" {
  source = "git::https://git.example.com/vault.git?ref=v2"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = module.vault.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = module.landing_zone.mode
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = module.landing_zone.days
  }
}

resource "oci_kms_key" "literal" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "literal"
  management_endpoint = module.vault.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
