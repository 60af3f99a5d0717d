variable "hidden" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "hidden" {
  compartment_id      = "c"
  display_name        = "hidden"
  management_endpoint = "e"
  protection_mode     = var.hidden
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "bare" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "bare" {
  compartment_id      = "c"
  display_name        = "bare"
  management_endpoint = "e"
  protection_mode     = var.bare
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "json" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "json" {
  compartment_id      = "c"
  display_name        = "json"
  management_endpoint = "e"
  protection_mode     = var.json
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "later" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "later" {
  compartment_id      = "c"
  display_name        = "later"
  management_endpoint = "e"
  protection_mode     = var.later
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "upper" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "upper" {
  compartment_id      = "c"
  display_name        = "upper"
  management_endpoint = "e"
  protection_mode     = var.upper
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "terraform" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "terraform" {
  compartment_id      = "c"
  display_name        = "terraform"
  management_endpoint = "e"
  protection_mode     = var.terraform
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

