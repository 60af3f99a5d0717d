resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "for_each" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "for_each"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "count" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "count"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "argument" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "argument"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "static_count" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "static_count"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "plain" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "plain"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key_version" "for_each" {
  for_each            = toset([formatdate("YYYY", plantimestamp())])
  key_id              = oci_kms_key.for_each.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key_version" "count" {
  count               = length(split("-", formatdate("YYYY", plantimestamp())))
  key_id              = oci_kms_key.count.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key_version" "argument" {
  external_key_version_id = formatdate("YYYY-MM", plantimestamp())
  key_id              = oci_kms_key.argument.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key_version" "static_count" {
  count               = 2
  key_id              = oci_kms_key.static_count.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key_version" "plain" {
  key_id              = oci_kms_key.plain.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}
