resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "create" {
  type    = bool
  default = true
}
variable "create_backup" { type = bool }
variable "names" {
  type    = list(string)
  default = []
}
variable "how_many" { default = "2" }

resource "oci_kms_key" "main" {
  count        = var.create ? 1 : 0
  display_name = "main"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "backup" {
  count        = var.create && var.create_backup ? 1 : 0
  display_name = "backup of ${oci_kms_key.main[0].display_name}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = oci_kms_key.main[0].key_shape[0].length > 16 ? "SOFTWARE" : "HSM"
}

resource "oci_kms_key" "off" {
  count        = var.create ? 0 : 1
  display_name = "off"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "named" {
  count        = length(var.names) > 0 ? 1 : 0
  display_name = var.names[0]
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "number" {
  count        = var.how_many
  display_name = "n${count.index}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "flag" {
  count        = tonumber(var.create ? "1" : "0")
  display_name = "flag"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
