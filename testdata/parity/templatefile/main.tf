resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  rendered = yamldecode(templatefile("${path.module}/keys.yaml.tftpl", {
    names = ["a", "b"]
    mode  = "software"
  }))
  plain = templatefile("mode.tpl", { env = "prod" })
}

resource "oci_kms_key" "k" {
  for_each     = local.rendered.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value.mode
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.days
  }
}

resource "oci_kms_key" "plain" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "plain"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = trimspace(local.plain)
}

resource "oci_kms_key" "inline" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "inline"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "%{if length(local.rendered.keys) > 1}SOFTWARE%{else}HSM%{endif}"
}

resource "oci_kms_key" "string" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "string"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = templatestring(local.template, { m = "HSM" })
}

locals {
  template = "$${m}"
}
