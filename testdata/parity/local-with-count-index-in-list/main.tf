resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count                    = 3
  protection_mode          = count.index % 2 == 0 ? "HSM" : "SOFTWARE"
  display_name             = format("key-%02d", count.index + 1)
  is_auto_rotation_enabled = element([true, false], count.index)
  auto_key_rotation_details {
    rotation_interval_in_days = [60, 90, 365][count.index]
  }
}
