resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "modes" {
  type    = list(string)
  default = ["HSM", "SOFTWARE", ""]
}

resource "oci_kms_key" "none" {
  count        = 0
  display_name = "none"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}

resource "oci_kms_key" "one" {
  count        = 1
  display_name = "one-${count.index}"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

resource "oci_kms_key" "three" {
  count        = length(var.modes)
  display_name = format("three-%02d", count.index + 1)
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = var.modes[count.index]
  is_auto_rotation_enabled = count.index % 2 == 0
  auto_key_rotation_details {
    rotation_interval_in_days = 60 + 30 * count.index
  }
}
