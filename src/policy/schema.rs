//! The config file's JSON Schema: what editors check it by. A test holds it against the reader.

use schemars::JsonSchema;

/// The schema of `kmslint.toml`, JSON with a line end.
#[must_use]
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(ConfigFile)).unwrap_or_default();
    text.push('\n');
    text
}

/// The settings of kmslint, for the folder of this file and everything below.
#[derive(JsonSchema)]
#[schemars(title = "kmslint.toml", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
struct ConfigFile {
    /// Paths relative to this file that are not looked at; `*` and `?` are wildcards.
    exclude: Option<Vec<String>>,
    /// The level at which kmslint exits with 1.
    fail_on: Option<FailOn>,
    /// The level of undetermined verdicts.
    undetermined: Option<Level>,
    /// Settings by rule.
    rules: Option<Rules>,
    /// Findings that are accepted, each with a reason.
    exempt: Option<Vec<Exempt>>,
}

/// Settings by rule.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
struct Rules {
    #[schemars(rename = "OCI-KMS-001")]
    rotation: Option<Rotation>,
    #[schemars(rename = "OCI-KMS-004")]
    protection_mode: Option<ProtectionMode>,
    #[schemars(rename = "OCI-KMS-DRIFT")]
    drift: Option<LevelOnly>,
    #[schemars(rename = "modules-not-followed")]
    modules_not_followed: Option<LevelOnly>,
}

/// OCI-KMS-001 · key-rotation
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
struct Rotation {
    /// The level of violations.
    level: Option<Level>,
    /// A key must be rotated within so many days.
    #[schemars(range(min = 60, max = 365))]
    max_rotation_days: Option<u16>,
    /// How many days before the limit a key is said to be due soon.
    #[schemars(range(min = 0, max = 365))]
    due_soon_days: Option<u16>,
    /// Whether a written `oci_kms_key_version` passes.
    accept_manual_versions: Option<bool>,
}

/// OCI-KMS-004 · key-protection-mode
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
struct ProtectionMode {
    /// The level of violations.
    level: Option<Level>,
    /// Whether HSM keys in VIRTUAL_PRIVATE vaults are accepted.
    accept_hsm_in_private_vault: Option<bool>,
}

/// What has a level and nothing else to set.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
struct LevelOnly {
    /// The level.
    level: Option<Level>,
}

/// An exemption. All selectors that are given must match; `*` and `?` are wildcards, everything else is itself.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
struct Exempt {
    /// The rules it is for.
    #[schemars(length(min = 1))]
    rules: Vec<String>,
    /// The key's address, as Terraform prints it.
    address: Option<String>,
    /// The file of the finding or of the key, relative to the repository or to this file.
    path: Option<String>,
    /// The key's display name.
    name: Option<String>,
    /// The compartment's OCID.
    compartment: Option<String>,
    /// The key's OCID.
    key: Option<String>,
    /// A freeform tag `Key=Value` or a defined tag `Namespace.Key=Value`.
    #[schemars(regex(pattern = "="))]
    tag: Option<String>,
    /// Who decided it, and why.
    #[schemars(length(min = 1))]
    reason: String,
    /// The last day on which it holds, `2027-01-31`.
    until: Option<String>,
}

/// How loud a finding is.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
enum Level {
    Error,
    Warning,
    Note,
    Off,
}

/// When kmslint exits with 1.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the schema is made of it; the reader wants spans")]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}
