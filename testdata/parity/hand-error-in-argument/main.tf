resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "conversion" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "conversion"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = "maybe"
}
resource "oci_kms_key" "undeclared" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "undeclared"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.undeclared
}
resource "oci_kms_key" "file" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "file"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = trimspace(file("${path.module}/no-such-file"))
}
resource "oci_kms_key" "local" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "local"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = local.cycle_a
}
resource "oci_kms_key" "tried" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "tried"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = try(local.undeclared, "SOFTWARE")
}
locals {
  cycle_a = local.cycle_b
  cycle_b = "${local.cycle_a}"
}
