variable "protection_mode" {
  description = "HSM or SOFTWARE"
  type        = string
  default     = "SOFTWARE"

  validation {
    condition     = contains(["HSM", "SOFTWARE"], var.protection_mode)
    error_message = "Must be HSM or SOFTWARE."
  }
}

variable "rotate" { default = false }

variable "days" {
  type    = number
  default = 90
}
