resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "nothing" {
  type    = string
  default = null
}
locals {
  nothing = null
}
resource "terraform_data" "later" {
  input = "HSM"
}
resource "oci_kms_key" "omitted" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "omitted"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "literal_null" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "literal_null"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = null
  is_auto_rotation_enabled = null
}
resource "oci_kms_key" "variable_null" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "variable_null"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.nothing
}
resource "oci_kms_key" "local_null" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "local_null"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = local.nothing
  is_auto_rotation_enabled = local.nothing
}
resource "oci_kms_key" "unknown" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "unknown"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = terraform_data.later.output
  is_auto_rotation_enabled = terraform_data.later.output == "HSM"
  dynamic "auto_key_rotation_details" {
    for_each = terraform_data.later.output == "HSM" ? [90] : []
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
resource "oci_kms_key" "dynamic_none" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "dynamic_none"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true
  dynamic "auto_key_rotation_details" {
    for_each = []
    content {
      rotation_interval_in_days = 90
    }
  }
}
module "m" {
  source   = "./m"
  endpoint = oci_kms_vault.main.management_endpoint
  nothing  = var.nothing
  unset    = null
  later    = terraform_data.later.output
}
