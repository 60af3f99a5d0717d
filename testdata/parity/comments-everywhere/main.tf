resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name = "v"
  vault_type = "DEFAULT"
}
# resource "oci_kms_key" "commented" {
/* resource "oci_kms_key" "block" {
} */
resource /* type */ "oci_kms_key" /* name */ "k" { // open
  compartment_id /* a */ = /* b */ "c" # d
  display_name = "a /* not */ # a // comment"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode = ( # c
    "HSM" // d
    /* e */
  )
  key_shape { /* x */
    algorithm = "AES" /* y */
    length = 32
  } # end
}
