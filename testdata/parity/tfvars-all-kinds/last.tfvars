g = {
  "a b" = {}
  (true) = { mode = null, n = "12" }
  1e2 = { n = 3 }
}
