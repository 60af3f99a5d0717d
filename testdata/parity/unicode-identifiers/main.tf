resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "schlüssel-modus" {
  default = "SOFTWARE"
}

locals {
  größe      = 32
  режим      = { "режим" = "HSM", tage = 90 }
  combining_é = "SOFTWARE"
}

resource "oci_kms_key" "schlüssel-1" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "Schlüssel Nº 1"
  management_endpoint = oci_kms_vault.main.management_endpoint
  protection_mode     = var.schlüssel-modus

  key_shape {
    algorithm = "AES"
    length    = local.größe
  }
}

resource "oci_kms_key" "ключ" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "ключ"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local.режим.режим
  auto_key_rotation_details {
    rotation_interval_in_days = local.режим["tage"]
  }
}

resource "oci_kms_key" "鍵" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "鍵"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local.combining_é
}
