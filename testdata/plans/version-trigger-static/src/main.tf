resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "generation" {
  type    = string
  default = "1"
}

resource "oci_kms_key" "static" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "static"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "terraform_data" "generation" {
  input = var.generation
}

resource "oci_kms_key_version" "static" {
  key_id              = oci_kms_key.static.id
  management_endpoint = oci_kms_vault.main.management_endpoint

  lifecycle {
    replace_triggered_by = [terraform_data.generation]
  }
}
