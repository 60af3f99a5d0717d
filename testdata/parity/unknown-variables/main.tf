resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" { type = string }
variable "any" {}
variable "rotate" { type = bool }
variable "object" { type = object({ mode = string, days = optional(number, 90) }) }
variable "given" { default = "SOFTWARE" }

resource "oci_kms_key" "unknown" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "unknown"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.mode
  is_auto_rotation_enabled = var.rotate
  auto_key_rotation_details {
    rotation_interval_in_days = var.object.days
  }
}

resource "oci_kms_key" "known" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "known"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.given
}

resource "oci_kms_key" "upper" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "upper"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = upper(coalesce(var.mode, "HSM"))
}

resource "oci_kms_key" "either" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "either"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.any == "prod" ? "HSM" : "SOFTWARE"
}

resource "oci_kms_key" "forced" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "forced"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.given == "SOFTWARE" || var.rotate ? "SOFTWARE" : var.mode
  is_auto_rotation_enabled = var.rotate && false
}

resource "oci_kms_key" "tried" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "tried"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = try(var.object.mode, "SOFTWARE")
}

resource "oci_kms_key" "dyn" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "dyn"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  dynamic "auto_key_rotation_details" {
    for_each = var.rotate ? [1] : []
    content {
      rotation_interval_in_days = 90
    }
  }
}
