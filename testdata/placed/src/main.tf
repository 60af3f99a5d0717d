variable "mode" {
  default = "HSM"
}

variable "keys" {
  type = map(object({
    mode = optional(string, "HSM")
  }))
}

module "keys" {
  source = "./m"
  keys   = var.keys
}

module "left" {
  source = "./m"
}

module "own" {
  source = "./m"
  keys   = { own = { mode = var.mode } }
}
