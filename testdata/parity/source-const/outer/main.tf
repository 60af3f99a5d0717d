variable "inner" {
  type  = string
  const = true
}

variable "endpoint" {
  type = string
}

module "inner" {
  source   = "./${var.inner}"
  mode     = "HSM"
  endpoint = var.endpoint
}
