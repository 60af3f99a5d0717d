variable "level" {
  description = "How much protection the payment keys need."
  type        = string
  default     = "software"
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

# A new version every 300 days, as long as somebody applies.
resource "time_rotating" "yearly" {
  rotation_days = 300
}

resource "oci_kms_key_version" "backups" {
  for_each            = toset([time_rotating.yearly.id])
  key_id              = oci_kms_key.backups.id
  management_endpoint = oci_kms_vault.main.management_endpoint
}

module "payments" {
  source = "./modules/key"

  compartment = var.compartment
  endpoint    = oci_kms_vault.main.management_endpoint
  mode        = var.level == "high" ? "HSM" : "SOFTWARE"
}

variable "compartment" {
  type    = string
  default = "ocid1.compartment.oc1..example"
}
