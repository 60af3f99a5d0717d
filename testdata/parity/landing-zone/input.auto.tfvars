vaults_configuration = {
  default_compartment_id = "ocid1.compartment.oc1..example"
  default_vault_type     = "VIRTUAL_PRIVATE"

  vaults = {
    MAIN = {
      name = "vault-main"
    }
    SHARED = {
      name = "vault-shared"
      type = "DEFAULT"
    }
  }

  keys = {
    OBJECTS = {
      name      = "oss-key"
      vault_key = "MAIN"
    }
    BLOCKS = {
      name            = "block-key"
      vault_key       = "SHARED"
      protection_mode = "software"
      algorithm       = "AES"
      versions        = ["1", "2"]
    }
    ELSEWHERE = {
      name                      = "elsewhere"
      vault_management_endpoint = "https://abc-management.kms.eu-frankfurt-1.oraclecloud.com"
      rotation_days             = 90
    }
  }
}
