resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "trigger" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "trigger"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "terraform_data" "now" {
  triggers_replace = plantimestamp()
}

resource "oci_kms_key_version" "trigger" {
  key_id              = oci_kms_key.trigger.id
  management_endpoint = oci_kms_vault.main.management_endpoint

  lifecycle {
    replace_triggered_by = [terraform_data.now]
  }
}
