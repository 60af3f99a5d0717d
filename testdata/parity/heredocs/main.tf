resource "oci_kms_vault" "main" {
  compartment_id = "ocid1.compartment.oc1..example"
  display_name   = "main"
  vault_type     = "DEFAULT"
}

locals {
  raw = <<EOT
{
  "a": {"mode": "SOFTWARE"},
  "b": {"mode": ${jsonencode(local.other)}}
}
EOT
  other = trimspace(<<-EOT
      HSM
    EOT
  )
  tricky = <<-EOT
    resource "oci_kms_key" "not_a_key" {
      protection_mode = "HSM"
    }
  EOT
}

resource "oci_kms_key" "k" {
  for_each     = jsondecode(local.raw)
  display_name = each.key
  compartment_id      = "ocid1.compartment.oc1..example"
  management_endpoint = oci_kms_vault.main.management_endpoint

  key_shape {
    algorithm = "AES"
    length    = 32
  }

  protection_mode = each.value.mode
  freeform_tags = {
    note = <<-TXT
      # not a comment } " ${each.key}
      %{~if each.key == "a"}
      first
      %{~endif}
    TXT
  }
}

/* resource "oci_kms_key" "commented" {
  protection_mode = "HSM"
} */
// resource "oci_kms_key" "commented" {}
# resource "oci_kms_key" "commented" {}
