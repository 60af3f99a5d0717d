resource "oci_kms_vault" "shared" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "shared"
  vault_type     = "DEFAULT"
}
resource "oci_kms_vault" "private" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "private"
  vault_type     = "VIRTUAL_PRIVATE"
}
resource "oci_kms_vault" "mixed" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "mixed"
  vault_type     = "Virtual_Private"
}

resource "oci_kms_vault" "external" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "external"
  vault_type     = "EXTERNAL"
  external_key_manager_metadata {
    external_vault_endpoint_url = "https://ekm.example.com/v1"
    private_endpoint_id         = "ocid1.ekmsprivateendpoint.oc1..example"
    oauth_metadata {
      client_app_id        = "app"
      client_app_secret    = "not a secret"
      idcs_account_name_url = "https://idcs.example.com"
    }
  }
}

resource "oci_kms_key" "shared" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "shared"
  management_endpoint = oci_kms_vault.shared.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "private" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "private"
  management_endpoint = oci_kms_vault.private.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "mixed" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "mixed"
  management_endpoint = oci_kms_vault.mixed.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "template" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "template"
  management_endpoint = "${oci_kms_vault.private.management_endpoint}"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "stripped" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "stripped"
  management_endpoint = replace(oci_kms_vault.shared.management_endpoint, "https://", "")

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "trimmed" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "trimmed"
  management_endpoint = trimsuffix(trimprefix(oci_kms_vault.private.management_endpoint, "https://"), "/")

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "external" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "external"
  management_endpoint = oci_kms_vault.external.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "EXTERNAL"
  external_key_reference {
    external_key_id = "ekm-key-1"
  }
}
resource "oci_kms_key" "same_as_key" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "same_as_key"
  management_endpoint = oci_kms_key.private.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
