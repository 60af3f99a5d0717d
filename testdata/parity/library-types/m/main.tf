variable "endpoint" { type = string }
variable "keys" {
  type = map(object({
    mode = optional(string)
    days = optional(number)
    set  = optional(set(string), ["z"])
  }))
}
variable "defaults" {
  type    = tuple([string, number])
  default = ["HSM", 66]
}

resource "oci_kms_key" "k" {
  for_each     = var.keys
  display_name = join("", each.value.set)
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = var.endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value.mode == null ? var.defaults[0] : each.value.mode
  auto_key_rotation_details {
    rotation_interval_in_days = coalesce(each.value.days, var.defaults[1])
  }
}
