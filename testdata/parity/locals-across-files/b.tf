locals {
  b = { for k, v in local.a : lower(k) => v }
}
