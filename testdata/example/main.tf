variable "level" {
  description = "How much protection the payment keys need."
  type        = string
  default     = "software"
}

locals {
  mode = var.level == "high" ? "HSM" : "SOFTWARE"
}

resource "oci_kms_vault" "main" {
  compartment_id = var.compartment
  display_name   = "main"
  vault_type     = "DEFAULT"
}

# Nothing is said about protection: the service makes it an HSM key.
resource "oci_kms_key" "backups" {
  compartment_id      = var.compartment
  display_name        = "backups"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

# A new version every year, as long as somebody applies; the old ones are kept.
resource "oci_kms_key_version" "backups" {
  for_each            = toset([for year in range(2026, tonumber(formatdate("YYYY", plantimestamp())) + 1) : tostring(year)])
  key_id              = oci_kms_key.backups.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

module "payments" {
  source = "./modules/key"

  compartment = var.compartment
  endpoint    = oci_kms_vault.main.management_endpoint
  mode        = local.mode
}

variable "compartment" {
  type    = string
  default = "ocid1.compartment.oc1..example"
}
