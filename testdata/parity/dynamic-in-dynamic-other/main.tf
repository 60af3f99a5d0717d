resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_core_instance" "i" {
  availability_domain = "a"
  compartment_id      = "c"
  shape               = "s"
  dynamic "create_vnic_details" {
    for_each = [{ n = "HSM", ids = ["x", "y"] }]
    iterator = v
    content {
      display_name = v.value.n
      nsg_ids      = v.value.ids
    }
  }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = oci_core_instance.i.create_vnic_details[0].display_name
  display_name    = join(",", oci_core_instance.i.create_vnic_details[0].nsg_ids)
}
