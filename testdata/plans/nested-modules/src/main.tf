module "a" {
  source = "./a"
  count  = 2
  mode   = count.index == 0 ? "SOFTWARE" : null
}
