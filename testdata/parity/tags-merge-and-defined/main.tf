resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "tags" {
  type    = map(string)
  default = { team = "x" }
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  freeform_tags = merge(var.tags, { env = terraform.workspace, n = 5 }, var.tags == null ? {} : { extra = "y" })
  defined_tags  = { "Ops.Cost" = "1" }
  display_name  = join(",", [for k, v in merge(var.tags, { b = true }) : "${k}=${v}"])
}
