module "outer" {
  source = "./outer"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = module.outer.settings.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = module.outer.settings.mode
  is_auto_rotation_enabled = module.outer.list[0].rotate
}

resource "oci_kms_key" "from_key" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "from_key"
  management_endpoint = module.outer.settings.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = module.outer.keys["a"].protection_mode
}

resource "oci_kms_key" "omitted" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "omitted"
  management_endpoint = module.outer.settings.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = module.outer.keys["b"].protection_mode
}
