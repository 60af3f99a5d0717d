resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {
  type      = string
  sensitive = true
  default   = "HSM"
}
resource "oci_kms_key" "variable" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "variable"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.mode
}
resource "oci_kms_key" "days" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "days"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = sensitive(true)
  auto_key_rotation_details {
    rotation_interval_in_days = sensitive(90)
  }
}
resource "oci_kms_key" "name" {
  display_name = "top secret ${var.mode}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
