resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "k"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = "HSM"
  depends_on      = [terraform_data.before]
  lifecycle {
    ignore_changes  = [protection_mode, defined_tags["Oracle-Tags.CreatedBy"]]
    prevent_destroy = true
    precondition {
      condition     = local.ok
      error_message = "no"
    }
    postcondition {
      condition     = self.state != "DISABLED"
      error_message = "disabled"
    }
  }
  timeouts {
    create = "10m"
  }
  provisioner "local-exec" {
    command = "echo ${self.id}"
  }
}

resource "oci_kms_key" "all" {
  compartment_id      = "ocid1.compartment.oc1..example"
  display_name        = "all"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  is_auto_rotation_enabled = true
  lifecycle {
    ignore_changes        = all
    create_before_destroy = true
  }
}

locals { ok = true }
resource "terraform_data" "before" { triggers_replace = ["x"] }
