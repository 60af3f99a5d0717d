resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "terraform_data" "t" {
  count = 2
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count        = length(terraform_data.t[*].id)
  display_name = "x"
}
resource "oci_kms_key" "s" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = { for i, t in terraform_data.t : i => t.id }
  display_name    = "y${each.key}"
  protection_mode = each.value == "" ? "HSM" : "SOFTWARE"
}
