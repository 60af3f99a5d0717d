//! The resource types that kmslint reads, by their names in Terraform.

/// A key.
pub const KEY: &str = "oci_kms_key";
/// A version of a key: creating one rotates the key.
pub const KEY_VERSION: &str = "oci_kms_key_version";
/// A vault, as a resource or a data source.
pub const VAULT: &str = "oci_kms_vault";
/// A certificate authority: it uses a key, and restricts the key's protection mode.
pub const AUTHORITY: &str = "oci_certificates_management_certificate_authority";
