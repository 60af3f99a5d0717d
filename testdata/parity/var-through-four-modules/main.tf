module "a" {
  source = "./a"
  cfg    = { mode = "HSM", tags = ["x"] }
}
