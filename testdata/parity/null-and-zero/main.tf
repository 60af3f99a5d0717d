resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {
  type    = string
  default = null
}

resource "oci_kms_key" "literal_null" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "literal_null"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = null
  is_auto_rotation_enabled = null
}

resource "oci_kms_key" "variable_null" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "variable_null"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}

resource "oci_kms_key" "empty" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "empty"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = ""
}

resource "oci_kms_key" "zero" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "zero"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 0
    time_of_schedule_start    = ""
  }
}
