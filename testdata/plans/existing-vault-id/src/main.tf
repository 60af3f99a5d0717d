resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

variable "endpoint" {
  default = "https://alias-management.kms.us-phoenix-1.oci.oraclecloud.com"
}
resource "oci_kms_key" "by_vault_id" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "by_vault_id"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "to_disable" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "to_disable"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  desired_state = "DISABLED"
}
