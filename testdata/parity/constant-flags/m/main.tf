variable "plain" {
  default  = "SOFTWARE"
  nullable = false
}

variable "parens" {
  default  = "SOFTWARE"
  nullable = (false)
}

variable "not" {
  default  = "SOFTWARE"
  nullable = !true
}

variable "template" {
  default  = "SOFTWARE"
  nullable = "${false}"
}

variable "text" {
  default  = "SOFTWARE"
  nullable = "false"
}

variable "number" {
  default  = "SOFTWARE"
  nullable = "0"
}

variable "comparison" {
  default  = "SOFTWARE"
  nullable = 1 == 2
}

variable "conditional" {
  default  = "SOFTWARE"
  nullable = true ? false : true
}

variable "nullable" {
  default  = "SOFTWARE"
  nullable = !false
}

output "shown" {
  value     = "HSM"
  sensitive = !true
}

output "hidden" {
  value     = "HSM"
  sensitive = (true)
}

locals {
  modes = {
    plain = var.plain
    parens = var.parens
    not = var.not
    template = var.template
    text = var.text
    number = var.number
    comparison = var.comparison
    conditional = var.conditional
    nullable = var.nullable
  }
}

resource "oci_kms_key" "k" {
  for_each            = local.modes
  compartment_id      = "c"
  display_name        = each.key
  management_endpoint = "e"
  protection_mode     = each.value
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
