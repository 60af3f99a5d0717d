resource "oci_kms_key" "plain" {
  compartment_id      = "c"
  display_name        = "plain"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  _ {
    protection_mode          = "SOFTWARE"
    is_auto_rotation_enabled = true
    auto_key_rotation_details {
      rotation_interval_in_days = 90
    }
  }
}
resource "oci_kms_key" "each" {
  for_each            = { a = "HSM", b = "SOFTWARE" }
  compartment_id      = "c"
  display_name        = "each"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  _ {
    protection_mode = each.value
    dynamic "auto_key_rotation_details" {
      for_each = each.key == "a" ? [120] : []
      content {
        rotation_interval_in_days = auto_key_rotation_details.value
      }
    }
  }
}
resource "oci_kms_key" "overridden" {
  compartment_id      = "c"
  display_name        = "overridden"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = "HSM"
  _ {
    is_auto_rotation_enabled = false
  }
}
resource "oci_kms_key" "empty" {
  compartment_id      = "c"
  display_name        = "empty"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = terraform_data.t.input
  _ {}
}
resource "terraform_data" "t" {
  _ {
    input = "SOFTWARE"
  }
}
module "m" {
  source = "./m"
  count  = 2
  _ {
    mode = count.index == 0 ? "HSM" : "SOFTWARE"
  }
}
module "overridden" {
  source = "./m"
  _ {
    mode = "HSM"
  }
}
output "mode" {
  value = module.m[0].mode
}
