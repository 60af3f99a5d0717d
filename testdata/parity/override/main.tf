resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "mode" {
  type    = string
  default = "HSM"
}

locals {
  a = "from main"
  b = "from main"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.mode
  is_auto_rotation_enabled = false
  auto_key_rotation_details {
    rotation_interval_in_days = 30
    time_of_schedule_start    = "2027-01-01T00:00:00Z"
  }
}

resource "oci_kms_key" "dyn" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "dyn"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  dynamic "auto_key_rotation_details" {
    for_each = [1]
    content {
      rotation_interval_in_days = 30
    }
  }
}

module "m" {
  source   = "./m"
  mode     = "HSM"
  name     = "${local.a}, ${local.b}"
  endpoint = oci_kms_vault.main.management_endpoint
}
