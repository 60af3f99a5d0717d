provider "registry.terraform.io/oracle/oci" {
  version = "8.28.0"
}
