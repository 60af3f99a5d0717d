variable "line" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "line" {
  compartment_id      = "c"
  display_name        = "line"
  management_endpoint = "e"
  protection_mode     = var.line
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "after" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "after" {
  compartment_id      = "c"
  display_name        = "after"
  management_endpoint = "e"
  protection_mode     = var.after
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "inline" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "inline" {
  compartment_id      = "c"
  display_name        = "inline"
  management_endpoint = "e"
  protection_mode     = var.inline
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

variable "block" {
  default = "SOFTWARE"
}

resource "oci_kms_key" "block" {
  compartment_id      = "c"
  display_name        = "block"
  management_endpoint = "e"
  protection_mode     = var.block
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

