module "m" {
  source   = "./m"
  for_each = toset(["a", "b"])
}
import {
  for_each = { a = "x" }
  to       = module.m[each.key].oci_kms_key.k
  id       = "keys/${each.value}"
}
