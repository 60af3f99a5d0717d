resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "VIRTUAL_PRIVATE"
}

variable "plans" {
  default = {
    gold   = { rotation = { days = 60, from = ["2027-01-01T00:00:00Z"] } }
    silver = { rotation = { days = 300, from = [] } }
    bronze = {}
  }
}

resource "oci_kms_key" "k" {
  for_each     = var.plans
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = can(each.value.rotation)

  dynamic "auto_key_rotation_details" {
    for_each = try([each.value.rotation], [])
    iterator = outer
    content {
      rotation_interval_in_days = outer.value.days
      time_of_schedule_start    = one([for each in outer.value.from : each])
    }
  }
}

resource "oci_identity_policy" "p" {
  compartment_id = "ocid1.compartment.oc1..example"
  name           = "p"
  description    = "unrelated, and broken on purpose in no way"
  statements     = [for k in oci_kms_key.k : "allow service blockstorage to use keys where target.key.id = '${k.id}'"]
}

resource "oci_core_security_list" "nested" {
  compartment_id = "ocid1.compartment.oc1..example"
  vcn_id         = "ocid1.vcn.oc1..example"
  dynamic "ingress_security_rules" {
    for_each = { ssh = [22, 22] }
    iterator = rule
    content {
      protocol = "6"
      source   = "10.0.0.0/8"
      dynamic "tcp_options" {
        for_each = [rule.value]
        iterator = ports
        content {
          min = ports.value[0]
          max = ports.value[ports.key + 1]
        }
      }
    }
  }
}
