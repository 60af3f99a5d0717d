resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "keys" {
  type    = map(string)
  default = { a = "HSM" }
}

resource "oci_kms_key" "counted" {
  count        = 1
  display_name = "counted"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "each" {
  for_each     = var.keys
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value
  lifecycle {
    ignore_changes = [protection_mode]
  }
}

module "m" {
  source = "./m"
  count  = 1
}
