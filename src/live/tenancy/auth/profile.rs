//! Profiles of `~/.oci/config`, and the environment variables of OCI's command line that win over them.

use super::files::{self, FILE_CAP};
use super::ini::Ini;
use crate::base::disk;
use crate::live::AuditRequest;
use crate::live::tenancy::fault::{IniError, LiveError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Variables of OCI's command line and what they stand for.
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

/// The values that hold, whoever set them.
pub(crate) struct Profile {
    values: BTreeMap<String, String>,
    file: Option<(PathBuf, String)>,
}

impl Profile {
    /// Finds the config file, reads the profile and lays the environment over it. Credentials may be wholly in the environment.
    ///
    /// # Errors
    /// No file and no credentials in the environment, a broken file, or no such profile.
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
            // Keys do not belong into a config file, and Oracle's tools refuse them there.
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

    /// A value that is set and not empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where it is from, for people.
    pub(crate) fn source(&self) -> String {
        match &self.file {
            Some((path, name)) => format!("profile `{name}` of {}", path.display()),
            None => "the environment".to_owned(),
        }
    }

    /// The profile's name, where a file was read.
    pub(crate) fn name(&self) -> Option<&str> {
        self.file.as_ref().map(|(_, name)| name.as_str())
    }
}

/// The config file to read.
struct ConfigLocation<'a> {
    path: PathBuf,
    /// The user named it: it has to exist.
    is_named: bool,
    /// The profile that was named together with it.
    profile: Option<&'a str>,
}

/// Finds the config file. `OCI_CONFIG_FILE` counts only where the usual file does not exist: so do Oracle's SDKs. A Cloud Shell sets it
/// together with `OCI_CONFIG_PROFILE`, and Oracle's scripts read both for their option `-dt` (delegation token).
fn config_file(request: &AuditRequest) -> ConfigLocation<'_> {
    let found = |path: PathBuf, is_named| ConfigLocation { path, is_named, profile: None };
    if let Some(path) = &request.config_file {
        return found(path.clone(), true);
    }
    if let Some(path) = request.var("OCI_CLI_CONFIG_FILE") {
        return found(request.expand(path), true);
    }
    let usual = request.expand("~/.oci/config");
    if disk::is_file(&usual) {
        return found(usual, false);
    }
    if let Some(path) = request.var("OCI_CONFIG_FILE") {
        return ConfigLocation { profile: request.var("OCI_CONFIG_PROFILE"), ..found(request.expand(path), true) };
    }
    let legacy = request.expand("~/.oraclebmc/config");
    found(if disk::is_file(&legacy) { legacy } else { usual }, false)
}

/// `--profile`, `OCI_CLI_PROFILE`, the profile named with the file, `default_profile` of OCI's command line, `DEFAULT`.
fn profile_name(request: &AuditRequest, named: Option<&str>) -> Result<String, LiveError> {
    if let Some(name) = request.profile.as_deref().or_else(|| request.var("OCI_CLI_PROFILE")).or(named) {
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
