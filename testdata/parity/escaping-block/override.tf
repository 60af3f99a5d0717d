resource "oci_kms_key" "overridden" {
  _ {
    protection_mode = "SOFTWARE"
  }
}
module "overridden" {
  _ {
    mode = "SOFTWARE"
  }
}
