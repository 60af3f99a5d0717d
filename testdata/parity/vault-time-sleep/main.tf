resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "time_sleep" "wait" {
  create_duration = "60s"
  triggers = {
    management_endpoint = oci_kms_vault.main.management_endpoint
    mode                = "SOFTWARE"
  }
}

resource "terraform_data" "endpoint" {
  input = oci_kms_vault.main.management_endpoint
}

resource "null_resource" "wait" {
  triggers = { endpoint = oci_kms_vault.main.management_endpoint, mode = "HSM" }
}

resource "oci_kms_key" "sleep" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "sleep"
  management_endpoint = time_sleep.wait.triggers["management_endpoint"]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = time_sleep.wait.triggers.mode
}

resource "oci_kms_key" "data_input" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "data_input"
  management_endpoint = terraform_data.endpoint.input

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "data_output" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "data_output"
  management_endpoint = terraform_data.endpoint.output

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "null_triggers" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "null_triggers"
  management_endpoint = null_resource.wait.triggers.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = null_resource.wait.triggers.mode
}
