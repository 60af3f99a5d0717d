resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

module "m" {
  source   = "./nested/m"
  endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key" "root" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "root"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = path.module == "." && path.root == "." ? "SOFTWARE" : "HSM"
}
