resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  count           = 2
  protection_mode = "HSM"
  display_name    = "n${count.index}"
}
resource "oci_kms_key" "j" {
  compartment_id = "ocid1.compartment.oc1..a"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode     = resource.oci_kms_key.k[1].protection_mode
  display_name        = join("", oci_kms_key.k.*.display_name)
  management_endpoint = resource.oci_kms_vault.v.management_endpoint
}
resource "oci_kms_key" "i" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  display_name             = join(",", module.m.*.out)
  protection_mode          = one(module.z[*].out)
  is_auto_rotation_enabled = length(module.z) == 0
}
module "m" {
  source = "./m"
  count  = 2
  i      = count.index
}
module "z" {
  source = "./m"
  count  = 0
  i      = 1
}
