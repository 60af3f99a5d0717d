resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
locals {
  c = yamldecode(<<-EOF
    base: &base
      mode: SOFTWARE
      auto: no
    keys:
      - {<<: *base, name: one}
      - <<: *base
        name: two
        mode: "HSM"
        days: 0x5A
      - name: 'three'
        mode: ~
        days: 1_000
        auto: TRUE
  EOF
  )
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count                    = length(local.c.keys)
  display_name             = local.c.keys[count.index].name
  protection_mode          = local.c.keys[count.index].mode
  is_auto_rotation_enabled = try(local.c.keys[count.index].auto, null)
  dynamic "auto_key_rotation_details" {
    for_each = try([tonumber(local.c.keys[count.index].days)], [])
    content {
      rotation_interval_in_days = auto_key_rotation_details.value
    }
  }
}
