terraform {
  required_version = ">= 1.3"
  required_providers {
    oci = {
      source                = "oracle/oci"
      version               = ">= 5.31.0"
      configuration_aliases = []
    }
  }
}

variable "regions" {
  default = { home = "us-ashburn-1", dr = "us-phoenix-1" }
}

provider "oci" {
  region = var.regions.home
}

provider "oci" {
  alias  = "dr"
  region = var.regions.dr
}

resource "oci_kms_vault" "dr" {
  provider       = oci.dr
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "dr"
  vault_type     = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "dr" {
  provider     = oci.dr
  display_name = "dr"
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.dr.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "SOFTWARE"
}

module "home" {
  source = "./m"
  providers = {
    oci = oci.dr
  }
}
