variable "keys" {
  type = map(object({
    protection_mode = optional(string)
    rotate          = optional(bool, false)
  }))
  default = {}
}
variable "names" {
  type    = set(string)
  default = []
}
