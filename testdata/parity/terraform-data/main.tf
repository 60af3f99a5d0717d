resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "terraform_data" "mode" {
  input            = "SOFTWARE"
  triggers_replace = { mode = "HSM" }
}

resource "oci_kms_key" "input" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "input"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = terraform_data.mode.input
}
resource "oci_kms_key" "output" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "output"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = terraform_data.mode.output
}
resource "oci_kms_key" "triggers" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "triggers"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = terraform_data.mode.triggers_replace.mode
}
resource "oci_kms_key" "computed" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "computed"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = oci_kms_vault.main.state == "ACTIVE" ? "SOFTWARE" : "HSM"
  is_auto_rotation_enabled = oci_kms_vault.main.id != ""
}
