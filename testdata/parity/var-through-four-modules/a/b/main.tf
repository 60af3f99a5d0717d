variable "cfg" {
  type = any
}
module "c" {
  source = "./c"
  cfg    = [var.cfg]
}
