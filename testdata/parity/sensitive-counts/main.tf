resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "m" {
  sensitive = true
  default   = { a = "HSM", n = 2 }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = nonsensitive(var.m.n)
  protection_mode = var.m.a
  display_name    = "k${count.index}"
}
resource "oci_kms_key" "j" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "j"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = nonsensitive(toset(keys(var.m)))
  protection_mode = lookup(var.m, each.key, null) == 2 ? "HSM" : "SOFTWARE"
}
