variable "prefix" { type = string }
variable "config" {
  type = object({
    vaults = map(object({ type = optional(string, "default") }))
    keys = map(object({
      vault    = string
      mode     = optional(string)
      rotation = optional(object({ enabled = bool, interval_days = optional(number, 90) }), { enabled = false })
    }))
  })
}
