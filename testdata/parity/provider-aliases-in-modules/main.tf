terraform {
  required_providers {
    oci = {
      source                = "oracle/oci"
      configuration_aliases = []
    }
  }
}
provider "oci" {
  region = "eu-frankfurt-1"
}
provider "oci" {
  alias  = "ash"
  region = "us-ashburn-1"
}
module "m" {
  source = "./m"
  count  = 2
  providers = {
    oci       = oci.ash
    oci.other = oci
  }
}
