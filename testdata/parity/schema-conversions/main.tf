resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..c"
  display_name   = "v"
  vault_type     = "DEFAULT"
}

resource "oci_identity_compartment" "c" {
  compartment_id = "ocid1.tenancy.oc1..t"
  description    = 1
  name           = 5
  freeform_tags  = { hsm = true, level = 3 }
}

resource "oci_core_vcn" "v" {
  compartment_id = "ocid1.compartment.oc1..c"
  cidr_blocks    = ["10.0.0.0/16", "10.1.0.0/16"]
  is_ipv6enabled = "true"
  dns_label      = 7
}

resource "random_id" "r" {
  byte_length = "2"
  keepers     = { n = 1 }
}

resource "time_rotating" "t" {
  rotation_days = "30"
}

resource "terraform_data" "d" {
  input = { n = 1 }
}

resource "oci_kms_key" "tag" {
  display_name        = "tag"
  protection_mode     = oci_identity_compartment.c.freeform_tags["hsm"] == "true" ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "tag_as_bool" {
  display_name        = "tag_as_bool"
  protection_mode     = oci_identity_compartment.c.freeform_tags["hsm"] == true ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "name" {
  display_name        = "name"
  protection_mode     = oci_identity_compartment.c.name == "5" ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "bool" {
  display_name        = "bool"
  protection_mode     = oci_core_vcn.v.is_ipv6enabled == true ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "label" {
  display_name        = "label"
  protection_mode     = oci_core_vcn.v.dns_label == 7 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "random" {
  display_name        = "random"
  protection_mode     = random_id.r.byte_length == 2 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "keeper" {
  display_name        = "keeper"
  protection_mode     = random_id.r.keepers.n == "1" ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "days" {
  display_name        = "days"
  protection_mode     = time_rotating.t.rotation_days == 30 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "data" {
  display_name        = "data"
  protection_mode     = terraform_data.d.input.n == 1 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "interval" {
  display_name        = "interval"
  protection_mode     = "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = oci_identity_compartment.c.freeform_tags.level * 30
  }
}
