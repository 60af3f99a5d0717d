variable "inner" {
  type  = string
  const = true
}
variable "back" {
  type  = string
  const = true
}
variable "endpoint" {}
locals {
  file = "${var.back}/shared"
}
module "n" {
  source   = "./${var.inner}"
  endpoint = var.endpoint
}
module "s" {
  source   = local.file
  endpoint = var.endpoint
}
