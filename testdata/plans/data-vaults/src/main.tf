data "oci_kms_vault" "shared" {
  vault_id = "ocid1.vault.oc1.phx.shared"
}
data "oci_kms_vault" "private" {
  count    = 1
  vault_id = "ocid1.vault.oc1.phx.private"
}
data "oci_kms_vaults" "all" {
  compartment_id = "ocid1.compartment.oc1..example"
}
resource "oci_kms_key" "shared" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "shared"
  management_endpoint = data.oci_kms_vault.shared.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
resource "oci_kms_key" "private" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "private"
  management_endpoint = data.oci_kms_vault.private[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode          = "SOFTWARE"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 90
  }
}
resource "oci_kms_key" "external" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "external"
  management_endpoint = data.oci_kms_vaults.all.vaults[0].management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "second" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "second"
  management_endpoint = [for v in data.oci_kms_vaults.all.vaults : v.management_endpoint if v.vault_type != "EXTERNAL"][0]

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "literal" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "literal"
  management_endpoint = "https://private-management.kms.us-phoenix-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

}
resource "oci_kms_key" "stranger" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "stranger"
  management_endpoint = "https://stranger-management.kms.us-phoenix-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
resource "oci_kms_key" "bare_host" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "bare_host"
  management_endpoint = "shared-management.kms.us-phoenix-1.oraclecloud.com"

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}
