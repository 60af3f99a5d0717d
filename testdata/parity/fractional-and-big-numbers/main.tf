resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

variable "years" { default = 0.5 }

resource "oci_kms_key" "half" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "half"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = floor(365 * var.years)
  }
}

resource "oci_kms_key" "exact" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "exact"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = (0.1 + 0.2) * 300
  }
}

resource "oci_kms_key" "too_long" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "too_long"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = 3650
  }
}

resource "oci_kms_key" "negative" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "negative"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = -1
  }
}

resource "oci_kms_key" "modulo" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "modulo"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = 1000 % 365
  }
}

resource "oci_kms_key" "seconds" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "seconds"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  auto_key_rotation_details {
    rotation_interval_in_days = parseint("2592000", 10) / 86400 * 3
    time_of_schedule_start    = timeadd("2027-01-01T00:00:00Z", "${24 * 30}h")
  }
}

resource "oci_kms_key" "big" {
  count        = 9007199254740993 == 9007199254740992 ? 1 : 0
  display_name = "big"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
