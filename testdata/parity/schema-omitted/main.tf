resource "oci_kms_vault" "v" {
  compartment_id = "ocid1.compartment.oc1..c"
  display_name   = "v"
  vault_type     = "DEFAULT"
}

resource "terraform_data" "none" {}

resource "terraform_data" "some" {
  input = "x"
}

resource "oci_core_instance" "i" {
  compartment_id      = "ocid1.compartment.oc1..c"
  availability_domain = "ad"
  shape               = "s"
  create_vnic_details {
    subnet_id = "ocid1.subnet.oc1..s"
  }
}

resource "oci_objectstorage_bucket" "b" {
  compartment_id = "ocid1.compartment.oc1..c"
  name           = "b"
  namespace      = "n"
  freeform_tags  = {}
}

resource "oci_kms_key" "block" {
  display_name        = "block"
  protection_mode     = length(oci_kms_vault.v.restore_from_file) == 0 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "output" {
  display_name        = "output"
  protection_mode     = terraform_data.none.output == null ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "output_of_input" {
  display_name        = "output_of_input"
  protection_mode     = terraform_data.some.output == null ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "default" {
  display_name        = "default"
  protection_mode     = oci_core_instance.i.create_vnic_details[0].assign_public_ip == "true" ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "null_argument" {
  display_name        = "null_argument"
  protection_mode     = oci_core_instance.i.preserve_boot_volume == null ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "computed_block" {
  display_name        = "computed_block"
  protection_mode     = length(oci_kms_vault.v.external_key_manager_metadata) == 0 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "empty_tags" {
  display_name        = "empty_tags"
  protection_mode     = oci_objectstorage_bucket.b.freeform_tags == {} ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "no_rules" {
  display_name        = "no_rules"
  protection_mode     = length(oci_objectstorage_bucket.b.retention_rules) == 0 ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}

resource "oci_kms_key" "timeouts" {
  display_name        = "timeouts"
  protection_mode     = oci_kms_vault.v.timeouts == null ? "HSM" : "SOFTWARE"
  compartment_id      = "ocid1.compartment.oc1..c"
  management_endpoint = oci_kms_vault.v.management_endpoint
  key_shape {
    algorithm = "AES"
    length    = 32
  }
}
