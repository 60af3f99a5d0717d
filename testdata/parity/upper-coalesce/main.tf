resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {
  type    = string
  default = null
}
variable "empty" {
  default = ""
}

resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "a"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = upper(coalesce(var.mode, "hsm"))
}

resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "b"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = upper(coalesce(var.empty, var.mode, "software"))
}

resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "c"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode != null ? upper(var.mode) : "SOFTWARE"
}

resource "oci_kms_key" "d" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "d"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = title(lower("EXTERNAL"))
}
