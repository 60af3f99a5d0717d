module "a" {
  source = "./a"
}
locals {
  outs = { for k, v in module.a : k => v }
}
resource "oci_kms_key" "k" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  management_endpoint = local.outs.info.endpoint
  display_name        = local.outs.info.type
}
resource "oci_kms_key" "j" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "j"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  management_endpoint = one([for v in module.a.list : v.endpoint if v.type == "VIRTUAL_PRIVATE"])
}
