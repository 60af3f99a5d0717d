module "flags" {
  source = "./m"
  plain = null
  parens = null
  not = null
  template = null
  text = null
  number = null
  comparison = null
  conditional = null
  nullable = null
}

variable "root_parens" {
  default  = "SOFTWARE"
  nullable = (false)
}

variable "root_not" {
  default  = "SOFTWARE"
  nullable = !true
}

variable "root_null" {
  default  = "SOFTWARE"
  nullable = !false
}

variable "secret" {
  default   = "HSM"
  sensitive = 1 == 1
}

resource "oci_kms_key" "parens" {
  compartment_id      = "c"
  display_name        = "parens"
  management_endpoint = "e"
  protection_mode     = var.root_parens
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "not" {
  compartment_id      = "c"
  display_name        = "not"
  management_endpoint = "e"
  protection_mode     = var.root_not
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "null" {
  compartment_id      = "c"
  display_name        = "null"
  management_endpoint = "e"
  protection_mode     = var.root_null
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "secret" {
  compartment_id      = "c"
  display_name        = "secret"
  management_endpoint = "e"
  protection_mode     = var.secret
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "shown" {
  compartment_id      = "c"
  display_name        = "shown"
  management_endpoint = "e"
  protection_mode     = module.flags.shown
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "hidden" {
  compartment_id      = "c"
  display_name        = "hidden"
  management_endpoint = "e"
  protection_mode     = module.flags.hidden
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
