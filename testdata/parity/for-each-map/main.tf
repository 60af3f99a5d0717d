resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "keys" {
  type = map(string)
  default = {
    db      = "HSM"
    storage = "SOFTWARE"
  }
}

locals {
  objects = {
    first = {
      name = "First"
      mode = "SOFTWARE"
      days = 100
    }
    second = {
      name = "Second"
      mode = null
      days = "200"
    }
  }
}

resource "oci_kms_key" "map" {
  for_each     = var.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value
}

resource "oci_kms_key" "objects" {
  for_each     = local.objects
  display_name = each.value.name
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = each.value["mode"]
  is_auto_rotation_enabled = each.value.days > 150
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.days
  }
}

resource "oci_kms_key" "filtered" {
  for_each     = { for k, v in local.objects : v.name => v if v.mode != null }
  display_name = "${each.key} (filtered)"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = oci_kms_key.objects["first"].protection_mode
}
