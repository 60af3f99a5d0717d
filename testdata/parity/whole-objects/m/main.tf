variable "vault" {
  type = object({ vault_type = string, management_endpoint = string, nothing = optional(string, "HSM") })
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode     = var.vault.nothing
  display_name        = var.vault.vault_type
  management_endpoint = var.vault.management_endpoint
}
