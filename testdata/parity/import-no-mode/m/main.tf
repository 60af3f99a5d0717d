module "n" {
  source = "./n"
  count  = 1
}
