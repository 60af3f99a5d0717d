variable "cfg" {
  type = object({ mode = string, tags = list(string), more = optional(map(string), { q = "1" }) })
}
module "b" {
  source = "./b"
  cfg    = merge(var.cfg, { tags = concat(var.cfg.tags, ["y"]) })
}
