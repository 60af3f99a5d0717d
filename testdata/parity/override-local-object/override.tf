locals {
  c = { mode = "HSM" }
}
