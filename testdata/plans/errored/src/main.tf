resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "good" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "good"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "bad" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "bad"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
  lifecycle {
    precondition {
      condition     = oci_kms_key.good.protection_mode == "HSM"
      error_message = "no"
    }
  }
}
resource "oci_kms_key" "after" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "after"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  freeform_tags = { of = oci_kms_key.bad.display_name }
}
