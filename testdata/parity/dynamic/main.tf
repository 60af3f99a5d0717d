resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

variable "rotation_days" {
  type    = number
  default = 120
}
variable "none" {
  type    = number
  default = null
}

resource "oci_kms_key" "conditional" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "conditional"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = true
  dynamic "auto_key_rotation_details" {
    for_each = var.rotation_days > 0 ? [1] : []
    content {
      rotation_interval_in_days = var.rotation_days
    }
  }
}

resource "oci_kms_key" "nothing" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "nothing"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = var.none != null
  dynamic "auto_key_rotation_details" {
    for_each = var.none == null ? [] : [var.none]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}

resource "oci_kms_key" "iterator" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "iterator"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  dynamic "auto_key_rotation_details" {
    for_each = { "365" = "2027-05-01T00:00:00Z" }
    iterator = schedule
    content {
      rotation_interval_in_days = schedule.key
      time_of_schedule_start    = schedule.value
    }
  }
}

resource "oci_kms_key" "set" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "set"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  dynamic "auto_key_rotation_details" {
    for_each = toset([for d in [30, 91] : d if d > 60])
    content {
      rotation_interval_in_days = auto_key_rotation_details.key
    }
  }
}

resource "oci_kms_key" "null_splat" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "null_splat"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  dynamic "auto_key_rotation_details" {
    for_each = var.none[*]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}

resource "oci_kms_key" "shape" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "shape"
  management_endpoint = oci_kms_vault.main.management_endpoint
  protection_mode     = "SOFTWARE"

  dynamic "key_shape" {
    for_each = [{ algorithm = "AES", length = 32 }]
    content {
      algorithm = key_shape.value.algorithm
      length    = key_shape.value.length
    }
  }
}
