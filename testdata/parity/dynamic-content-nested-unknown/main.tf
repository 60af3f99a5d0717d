resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "terraform_data" "t" {}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "k"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  dynamic "auto_key_rotation_details" {
    for_each = terraform_data.t.id == "x" ? [90] : [120]
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
resource "oci_kms_key" "j" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "j"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  dynamic "auto_key_rotation_details" {
    for_each = [terraform_data.t.id]
    content {
      rotation_interval_in_days = length(auto_key_rotation_details.value) > 0 ? 90 : 90
      time_of_schedule_start    = "2027-01-01T00:00:00Z"
    }
  }
}
