resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..a"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
variable "l" {
  default = ["a", "b"]
}
resource "oci_kms_key" "k" {
  compartment_id      = "ocid1.compartment.oc1..a"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  display_name    = <<-EOT
    %{for x in var.l~}
      ${x}:
    %{~endfor}
    end
  EOT
  protection_mode = "%{if length(var.l) == 2~} HSM %{~else~} SOFTWARE %{~endif~}"
}
