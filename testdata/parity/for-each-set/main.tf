resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "names" {
  type    = set(string)
  default = ["volumes", "buckets", "volumes"]
}

resource "oci_kms_key" "a" {
  for_each     = var.names
  display_name = each.value
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.key == "volumes" ? "SOFTWARE" : "HSM"
}

resource "oci_kms_key" "b" {
  for_each     = toset([for n in var.names : upper(n) if n != "buckets"])
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "c" {
  for_each     = toset(["x", 1, true])
  display_name = each.value
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "none" {
  for_each     = toset([])
  display_name = each.value
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
