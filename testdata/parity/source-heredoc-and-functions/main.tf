resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
module "heredoc" {
  source = trimspace(<<-EOT
    ./mod
  EOT
  )
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}
module "directive" {
  source   = "./%{for part in ["m", "o", "d"]}${part}%{endfor}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}
module "replaced" {
  source   = replace("./xod", "x", "m")
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}
module "dotted" {
  source   = "./nowhere/.././mod/"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}
module "index" {
  source   = ["./other", "./mod"][length("a")]
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}
module "decoded" {
  source   = jsondecode("{\"s\": \"./mod\"}").s
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}
