resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "key" {
  type    = any
  default = { mode = "HSM", rotation = { days = "x" } }
}

resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "a"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = try(var.key.protection_mode, var.key.mode, "SOFTWARE")
  is_auto_rotation_enabled = can(var.key.rotation.enabled)
  auto_key_rotation_details {
    rotation_interval_in_days = try(tonumber(var.key.rotation.days), 90)
  }
}

resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "b"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = can(regex("^H", var.key.mode)) ? "SOFTWARE" : "HSM"
  is_auto_rotation_enabled = try(tobool(var.key.mode), null)
}

resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "c"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = try(oci_kms_vault.main.state, "SOFTWARE")
}

resource "oci_kms_key" "d" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "d"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = try([for k in [] : k][0], nosuchfunction(), "EXTERNAL")
}
