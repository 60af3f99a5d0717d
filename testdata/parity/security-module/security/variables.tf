variable "vault" {
  type = map(string)
}
variable "keys" {
  type = map(object({
    protection_mode        = optional(string)
    auto_rotation          = optional(bool, true)
    rotation_interval_days = optional(number, 90)
    rotation_start         = optional(string)
  }))
}
