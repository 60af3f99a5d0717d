resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "new" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "new"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

moved {
  from = oci_kms_key.old
  to   = oci_kms_key.new
}

moved {
  from = module.gone
  to   = module.here
}

removed {
  from = oci_kms_key.removed
  lifecycle {
    destroy = false
  }
}

check "protection" {
  assert {
    condition     = oci_kms_key.new.protection_mode == "HSM"
    error_message = "not HSM"
  }
}

output "x" {
  value = oci_kms_key.new.protection_mode
  precondition {
    condition     = oci_kms_key.new.display_name != ""
    error_message = "x"
  }
}
