variable "name" {}
variable "vault" {}
variable "hsm" {}

resource "oci_kms_key" "this" {
  display_name = "${var.name}-${var.vault.display_name}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.vault.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.hsm ? null : "SOFTWARE"
  is_auto_rotation_enabled = var.vault.vault_type == "VIRTUAL_PRIVATE"
}

output "key" { value = oci_kms_key.this }
