resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "k" {
  for_each = toset([
    "a\u00a0b", "\u200b", "\u007f", "\u0085", "\u0378", "\ue000", "\U0001F511", "\u00e9", "\u2028", "\ufeff", "\U000e0041", "\u00ad", "\u3000", "\u001b", "\u0e31",
  ])
  display_name        = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
}
