resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "name" {}

locals {
  parts = split("-", var.name)
  env   = local.parts[0]
  kind  = regex("^[a-z]+-(?P<kind>[a-z]+)-", var.name).kind
}

resource "oci_kms_key" "a" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "a"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = { hsm = "HSM", soft = "SOFTWARE" }[local.kind]
}
resource "oci_kms_key" "b" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "b"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = replace(upper(element(local.parts, 1)), "/^HSM$/", "SOFTWARE")
}
resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "c"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = contains(keys({ prod = 1, stage = 1 }), local.env) ? upper(substr(var.name, 5, 3)) : "SOFTWARE"
}
resource "oci_kms_key" "d" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "d"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = anytrue([for p in local.parts : p == "dev"]) ? "SOFTWARE" : format("%s%s", "H", "SM")
  is_auto_rotation_enabled = alltrue([for p in local.parts : length(p) > 1])
  auto_key_rotation_details {
    rotation_interval_in_days = min(365, max(60, length(var.name) * 10))
    time_of_schedule_start    = formatdate("YYYY-MM-DD'T'00:00:00Z", "2027-04-05T06:07:08Z")
  }
}
