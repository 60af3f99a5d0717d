//! Profiles of `~/.oci/config`, and the environment variables of the OCI CLI that override them.

use super::files::{self, FILE_CAP};
use super::ini::Ini;
use crate::base::disk;
use crate::live::AuditRequest;
use crate::live::tenancy::fault::{IniError, LiveError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Environment variables of the OCI CLI, and the profile values that they set.
const VARIABLES: [(&str, &str); 9] = [
    ("OCI_CLI_USER", "user"),
    ("OCI_CLI_TENANCY", "tenancy"),
    ("OCI_CLI_FINGERPRINT", "fingerprint"),
    ("OCI_CLI_KEY_FILE", "key_file"),
    ("OCI_CLI_KEY_CONTENT", "key_content"),
    ("OCI_CLI_PASSPHRASE", "pass_phrase"),
    ("OCI_CLI_REGION", "region"),
    ("OCI_CLI_SECURITY_TOKEN_FILE", "security_token_file"),
    ("OCI_CLI_DELEGATION_TOKEN_FILE", "delegation_token_file"),
];

/// The values of a profile, overridden by the environment.
pub(crate) struct Profile {
    values: BTreeMap<String, String>,
    /// The config file and the name of the profile; `None` if all values come from the environment.
    file: Option<(PathBuf, String)>,
}

impl Profile {
    /// Finds the config file, reads the profile and applies the environment. Credentials can come entirely from the environment.
    ///
    /// # Errors
    /// There is neither a file nor credentials in the environment, the file is invalid, or it does not have the profile.
    pub(crate) fn load(request: &AuditRequest, warn: &mut dyn FnMut(String)) -> Result<Self, LiveError> {
        let ConfigLocation { path, is_named, profile: named_profile } = config_file(request);
        let mut profile = Self { values: BTreeMap::new(), file: None };
        if disk::is_file(&path) || is_named {
            let name = profile_name(request, named_profile)?;
            let text = files::read_secret(request, "the config file", &path, warn)?;
            let ini = Ini::read(&text).map_err(|error| LiveError::Config { path: path.clone(), error })?;
            let Some(values) = ini.section(&name) else {
                return Err(LiveError::NoProfile { name, path, others: ini.names().map(str::to_owned).collect() });
            };
            profile.values = values;
            // Oracle's tools reject the text of a key in a config file.
            if profile.values.contains_key("key_content") {
                return Err(LiveError::Config { path, error: IniError::KeyContent });
            }
            profile.file = Some((path, name));
        } else if ["OCI_CLI_TENANCY", "OCI_CLI_SECURITY_TOKEN_FILE", "OCI_CLI_DELEGATION_TOKEN_FILE"]
            .iter()
            .all(|name| request.var(name).is_none())
        {
            let is_resource_principal = request.var("OCI_RESOURCE_PRINCIPAL_VERSION").is_some();
            return Err(LiveError::NoCredentials { path, is_resource_principal });
        }
        for (variable, name) in VARIABLES {
            if let Some(value) = request.var(variable) {
                profile.values.insert(name.to_owned(), value.to_owned());
            }
        }
        if let (None, Some(region)) = (profile.value("region"), request.var("OCI_REGION")) {
            profile.values.insert("region".to_owned(), region.to_owned());
        }
        Ok(profile)
    }

    /// The value of an option that is set and not empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where the values come from, for messages.
    pub(crate) fn source(&self) -> String {
        match &self.file {
            Some((path, name)) => format!("profile `{name}` of {}", path.display()),
            None => "the environment".to_owned(),
        }
    }

    /// The name of the profile, if a file was read.
    pub(crate) fn name(&self) -> Option<&str> {
        self.file.as_ref().map(|(_, name)| name.as_str())
    }
}

/// The config file to read.
struct ConfigLocation<'a> {
    path: PathBuf,
    /// Whether the user named the file, so that it must exist.
    is_named: bool,
    /// The profile that was named together with the file.
    profile: Option<&'a str>,
}

/// Finds the config file. As in Oracle's SDKs, `OCI_CONFIG_FILE` is used only if the default file does not exist. Cloud Shell sets it
/// together with `OCI_CONFIG_PROFILE`, and Oracle's scripts read both for their option `-dt` (delegation token).
fn config_file(request: &AuditRequest) -> ConfigLocation<'_> {
    let location = |path: PathBuf, is_named| ConfigLocation { path, is_named, profile: None };
    if let Some(path) = &request.config_file {
        return location(path.clone(), true);
    }
    if let Some(path) = request.var("OCI_CLI_CONFIG_FILE") {
        return location(request.expand(path), true);
    }
    let default_path = request.expand("~/.oci/config");
    if disk::is_file(&default_path) {
        return location(default_path, false);
    }
    if let Some(path) = request.var("OCI_CONFIG_FILE") {
        return ConfigLocation { profile: request.var("OCI_CONFIG_PROFILE"), ..location(request.expand(path), true) };
    }
    let legacy = request.expand("~/.oraclebmc/config");
    location(if disk::is_file(&legacy) { legacy } else { default_path }, false)
}

/// The first of `--profile`, `OCI_CLI_PROFILE`, the profile named with the file, `default_profile` of the OCI CLI, `DEFAULT`.
fn profile_name(request: &AuditRequest, file_profile: Option<&str>) -> Result<String, LiveError> {
    if let Some(name) = request.profile.as_deref().or_else(|| request.var("OCI_CLI_PROFILE")).or(file_profile) {
        return Ok(name.to_owned());
    }
    let settings = request.var("OCI_CLI_RC_FILE").map_or_else(|| request.expand("~/.oci/oci_cli_rc"), |path| request.expand(path));
    Ok(default_profile(&settings)?.unwrap_or_else(|| "DEFAULT".to_owned()))
}

fn default_profile(path: &Path) -> Result<Option<String>, LiveError> {
    let Ok(text) = disk::read_text(path, FILE_CAP) else {
        return Ok(None);
    };
    let ini = Ini::read(&text).map_err(|error| LiveError::Config { path: path.to_path_buf(), error })?;
    Ok(ini.section("OCI_CLI_SETTINGS").and_then(|mut values| values.remove("default_profile")))
}
