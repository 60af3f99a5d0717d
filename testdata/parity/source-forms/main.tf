resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
module "parens" {
  source = ("./mod")
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "template" {
  source = "${"./mod"}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "escape" {
  source = "./\u006dod"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "path" {
  source = "${path.module}/mod"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "join" {
  source = join("/", [".", "mod"])
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "format" {
  source = format("./%s", lower("MOD"))
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "conditional" {
  source = true ? "./mod" : "./other"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "heredoc" {
  source = trimspace(<<EOT
./mod
EOT
  )
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "computed" {
  source = "./${basename("x/mod")}"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "clean" {
  source = "././mod/../mod"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

module "slashes" {
  source = ".//mod/"
  mode     = "HSM"
  endpoint = oci_kms_vault.v.management_endpoint
}

