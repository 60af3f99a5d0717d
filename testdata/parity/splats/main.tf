resource "oci_kms_vault" "main" {
  count          = 2
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "vault ${count.index}"
  vault_type     = ["DEFAULT", "VIRTUAL_PRIVATE"][count.index]
}

variable "object" {
  default = {
    list = [{ mode = "HSM", days = [90] }, { mode = "SOFTWARE", days = [180] }]
    one  = { mode = "EXTERNAL" }
    none = null
  }
}

resource "oci_kms_key" "full" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "full"
  management_endpoint = (oci_kms_vault.main[*].management_endpoint)[1]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = (var.object.list[*].mode)[1]
}

resource "oci_kms_key" "legacy" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "legacy"
  management_endpoint = oci_kms_vault.main.*.management_endpoint[0]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = var.object.list.*.mode[0]
  auto_key_rotation_details {
    rotation_interval_in_days = element(var.object.list[*].days[0], 1)
  }
}

resource "oci_kms_key" "index" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "index"
  management_endpoint = element(oci_kms_vault.main.*.management_endpoint, 3)

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = join("", var.object.one[*].mode)
}

resource "oci_kms_key" "dot" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "dot"
  management_endpoint = oci_kms_vault.main.0.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = try(one(var.object.none[*].mode), "SOFTWARE")
}

resource "oci_kms_key" "each" {
  for_each     = { for v in oci_kms_vault.main : v.display_name => v }
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = each.value.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value.vault_type == "DEFAULT" ? "SOFTWARE" : "HSM"
}

resource "oci_kms_key" "zip" {
  count        = length(oci_kms_vault.main)
  display_name = "zip"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = zipmap(oci_kms_vault.main[*].vault_type, oci_kms_vault.main[*].management_endpoint)[oci_kms_vault.main[count.index].vault_type]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
