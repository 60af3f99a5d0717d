resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
locals {
  conf  = yamldecode(file("${path.module}/conf.yaml"))
  rows  = csvdecode(file("${path.root}/rows.csv"))
  extra = jsondecode(templatefile("${path.module}/extra.tftpl", { modes = ["HSM", "SOFTWARE"], on = true }))
  files = fileset(path.module, "keys/*.json")
}
resource "oci_kms_key" "y" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "y"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each                 = local.conf.keys
  protection_mode          = try(each.value.mode, local.conf.default)
  is_auto_rotation_enabled = each.value.auto
}
resource "oci_kms_key" "c" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = { for r in local.rows : r.name => r if r.enabled == "yes" }
  protection_mode = each.value.mode != "" ? each.value.mode : null
}
resource "oci_kms_key" "t" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "t"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = length(local.extra)
  protection_mode = local.extra[count.index].m
}
resource "oci_kms_key" "f" {
  compartment_id      = "ocid1.compartment.oc1..a"
  display_name        = "f"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  for_each        = local.files
  protection_mode = jsondecode(file(each.value)).mode
}
