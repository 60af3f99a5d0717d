resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "v"
  vault_type     = "DEFAULT"
}

# The backup's mode wins: SOFTWARE here is never sent.
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "SOFTWARE"

  restore_from_object_store {
    bucket      = "backups"
    destination = "BUCKET"
    namespace   = "example"
    object      = "key"
  }

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
