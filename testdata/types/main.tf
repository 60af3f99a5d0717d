resource "terraform_data" "unk" {}
resource "oci_kms_vault" "v" {
  compartment_id = "c"
  display_name   = "v"
  vault_type     = "DEFAULT"
}
resource "oci_identity_compartment" "c" {
  compartment_id = "c"
  description = "d"
  name = 5
  freeform_tags = { hsm = true }
}
resource "oci_identity_compartment" "u" {
  compartment_id = "c"
  description = ""
  name = terraform_data.unk.id
  freeform_tags = { hsm = true, x = terraform_data.unk.id }
  defined_tags = {}
}
data "oci_kms_vault" "v" { vault_id = "ocid1.vault.x" }
data "oci_kms_vaults" "l" { 
  compartment_id = "c" 
  filter { 
    name = "state"
    values = ["A", 5]
  }
}
resource "terraform_data" "n" {}
resource "terraform_data" "i" { input = {a = 1} }
resource "terraform_data" "c" { count = 2 }
resource "terraform_data" "f" { for_each = toset(["a"]) }
resource "random_id" "r" { byte_length = "2" }
resource "random_password" "p" { length = "16" }
resource "time_rotating" "t" { rotation_days = "30" }
resource "oci_core_instance" "i" {
  compartment_id = "c"
  availability_domain = "a"
  shape = "s"
  metadata = {}
  create_vnic_details {
    subnet_id = "s"
    nsg_ids = []
  }
  source_details {
    source_type = "image"
    source_id = "x"
    boot_volume_size_in_gbs = 50
  }
}
resource "oci_core_instance" "many" {
  count = 2
  compartment_id = "c"
  availability_domain = "a"
  shape = "s"
}
resource "oci_core_security_list" "s" {
  compartment_id = "c"
  vcn_id = "v"
  dynamic "egress_security_rules" {
    for_each = ["10.0.0.0/8", "10.0.0.1/32"]
    content {
      destination = egress_security_rules.value
      protocol = 6
    }
  }
}
resource "oci_objectstorage_bucket" "b" {
  compartment_id = "c"
  name = "b"
  namespace = "n"
}
resource "random_pet" "p" {}
resource "random_integer" "n" {
  min = "1"
  max = 5
}
resource "random_shuffle" "s" {
  input = [1, "b"]
}
resource "time_offset" "o" {
  offset_days = "7"
}
resource "time_static" "s" {}
resource "time_sleep" "s" {
  triggers = { n = 1 }
}
resource "null_resource" "n" {
  triggers = { n = 5, b = true }
}
resource "oci_core_vcn" "v" {
  compartment_id = "c"
  cidr_blocks    = ["10.0.0.0/16", 5]
  is_ipv6enabled = "true"
  dns_label      = 7
}
resource "oci_core_subnet" "s" {
  compartment_id    = "c"
  vcn_id            = oci_core_vcn.v.id
  cidr_block        = "10.0.0.0/24"
  security_list_ids = []
}
resource "oci_identity_policy" "p" {
  compartment_id = "c"
  description    = "d"
  name           = "p"
  statements     = ["a", oci_core_vcn.v.id]
}
resource "oci_kms_key" "k" {
  compartment_id           = "c"
  display_name             = "k"
  management_endpoint      = oci_kms_vault.v.management_endpoint
  protection_mode          = ""
  is_auto_rotation_enabled = "true"
  key_shape {
    algorithm = "AES"
    length    = "32"
  }
  auto_key_rotation_details {
    rotation_interval_in_days = "90"
  }
  timeouts {
    create = 5
  }
}
data "oci_identity_compartments" "cs" {
  compartment_id            = "c"
  compartment_id_in_subtree = "true"
}
data "oci_kms_key" "k" {
  key_id              = "ocid1.key.x"
  management_endpoint = "https://x"
}
resource "terraform_data" "l" {
  input = ["a", 1]
}
