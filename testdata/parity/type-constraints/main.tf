# Bare type constraints, and the defaults of attributes within collections; each decides what a key is.
variable "bare_list" {
  type    = list
  default = ["HSM", "SOFTWARE"]
}

variable "bare_map" {
  type    = map
  default = { a = 90, b = "100" }
}

variable "text" {
  type    = string
  default = "SOFTWARE"
}

variable "any_list" {
  type    = list(any)
  default = ["HSM"]
}

variable "plain" {
  type    = string
  default = "HSM"
}

variable "pair" {
  type    = tuple([string, number])
  default = ["SOFTWARE", "120"]
}

variable "nested" {
  type = map(object({
    mode = optional(string, "SOFTWARE")
    days = optional(number, 150)
    tags = optional(map(string), { a = "b" })
  }))
  default = { one = {}, two = { mode = "HSM", days = "77" } }
}

variable "listed" {
  type    = list(object({ mode = optional(string, "HSM") }))
  default = [{}, { mode = "SOFTWARE" }]
}

variable "collected" {
  type    = set(object({ mode = optional(string, "HSM"), name = string }))
  default = [{ name = "x" }, { name = "y", mode = "SOFTWARE" }]
}

resource "oci_kms_key" "listed" {
  for_each            = { for index, mode in var.bare_list : tostring(index) => mode }
  compartment_id      = "c"
  display_name        = each.key
  management_endpoint = "https://example.com"
  protection_mode     = each.value
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "mapped" {
  for_each                 = var.bare_map
  compartment_id           = "c"
  display_name             = "${each.key}-${each.value}"
  management_endpoint      = "https://example.com"
  protection_mode          = var.text
  is_auto_rotation_enabled = true
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  auto_key_rotation_details {
    rotation_interval_in_days = each.value
  }
}

resource "oci_kms_key" "counted" {
  count                    = length(var.any_list)
  compartment_id           = "c"
  display_name             = var.plain
  management_endpoint      = "https://example.com"
  protection_mode          = var.any_list[count.index]
  is_auto_rotation_enabled = var.pair[1] > 100
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  auto_key_rotation_details {
    rotation_interval_in_days = var.pair[1]
  }
}

resource "oci_kms_key" "nested" {
  for_each                 = var.nested
  compartment_id           = "c"
  display_name             = join("-", keys(each.value.tags))
  management_endpoint      = "https://example.com"
  protection_mode          = each.value.mode
  is_auto_rotation_enabled = true
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  auto_key_rotation_details {
    rotation_interval_in_days = each.value.days
  }
}

resource "oci_kms_key" "collected" {
  for_each            = { for one in var.collected : one.name => one }
  compartment_id      = "c"
  display_name        = var.listed[each.key == "x" ? 0 : 1].mode
  management_endpoint = "https://example.com"
  protection_mode     = each.value.mode
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
