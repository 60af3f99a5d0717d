module "on" {
  source = "./m"
}
module "off" {
  source = "./m"
  create = false
}
