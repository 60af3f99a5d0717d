keys = {
  a = {}
  b = { mode = "HSM" }
}
