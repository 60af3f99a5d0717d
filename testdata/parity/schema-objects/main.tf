resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..c"
  display_name   = "v"
  vault_type     = "DEFAULT"
}

data "oci_kms_vault" "v" {
  vault_id = "ocid1.vault.oc1..x"
}

resource "terraform_data" "many" {
  for_each = toset(["a", "b"])
  input    = each.key
}

resource "oci_kms_key" "lookup_computed" {
  display_name        = "lookup_computed"
  protection_mode     = lookup(oci_kms_vault.v, "state", "SOFTWARE")
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "lookup_nothing" {
  display_name        = "lookup_nothing"
  protection_mode     = lookup(oci_kms_vault.v, "no_such", "SOFTWARE")
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "names" {
  display_name        = "names"
  protection_mode     = contains(keys(data.oci_kms_vault.v), "crypto_endpoint") ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "count" {
  display_name        = "count"
  protection_mode     = length(oci_kms_vault.v) > 5 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "names_of_for" {
  display_name        = "names_of_for"
  protection_mode     = length([for name, value in oci_kms_vault.v : name if endswith(name, "_endpoint")]) == 2 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "instances" {
  display_name        = "instances"
  protection_mode     = length(terraform_data.many) == 2 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "inputs" {
  display_name        = "inputs"
  protection_mode     = join(",", values(terraform_data.many)[*].input) == "a,b" ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "argument" {
  display_name        = "argument"
  protection_mode     = data.oci_kms_vault.v.vault_id == "ocid1.vault.oc1..x" ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
