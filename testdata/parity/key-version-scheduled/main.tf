resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "time_rotating" "year" {
  rotation_days = 300
}
resource "time_rotating" "slow" {
  rotation_years = 2
}

resource "oci_kms_key" "accumulating" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "accumulating"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "time_static" "start" {
  rfc3339 = "2026-01-01T00:00:00Z"
}
resource "oci_kms_key_version" "accumulating" {
  for_each            = toset([for y in range(2026, 2027 + floor(parseint(formatdate("YYYY", plantimestamp()), 10) * 0)) : tostring(y)])
  key_id              = oci_kms_key.accumulating.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

resource "oci_kms_key" "replacing" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "replacing"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key_version" "replacing" {
  key_id              = oci_kms_key.replacing.id
  management_endpoint = oci_kms_vault.main.management_endpoint
  lifecycle {
    replace_triggered_by  = [time_rotating.year]
    create_before_destroy = true
  }
}

resource "oci_kms_key" "through_data" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "through_data"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "terraform_data" "trigger" {
  input = time_rotating.year.rfc3339
}
resource "oci_kms_key_version" "through_data" {
  key_id              = oci_kms_key.through_data.id
  management_endpoint = oci_kms_vault.main.management_endpoint
  lifecycle {
    replace_triggered_by = [terraform_data.trigger.output]
  }
}

resource "oci_kms_key" "too_slow" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "too_slow"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key_version" "too_slow" {
  key_id              = oci_kms_key.too_slow.id
  management_endpoint = oci_kms_vault.main.management_endpoint
  lifecycle {
    replace_triggered_by = [time_rotating.slow.id]
  }
}

resource "oci_kms_key" "plantime" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "plantime"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key_version" "plantime" {
  count               = 1 + 0 * parseint(formatdate("YYYY", plantimestamp()), 10)
  key_id              = oci_kms_key.plantime.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}
