resource "oci_kms_key_version" "yearly" {
  for_each            = local.labels
  key_id              = oci_kms_key.k.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}
