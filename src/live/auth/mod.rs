//! Who asks: an API key or a session token of a profile, or a principal that OCI hands out.

pub mod ini;
pub mod key;
mod pem;
pub mod principal;
mod profile;
mod token;

use super::errors::{self, Trouble};
use super::request::{AuthKind, Request};
use crate::base::disk;
use jiff::Timestamp;
use key::PrivateKey;
use profile::Profile;
use std::fmt;
use std::path::Path;

pub use profile::expand;

/// The largest key, token or config file: 1 MiB.
const FILE_CAP: u64 = 1 << 20;

/// What a request is signed with.
pub struct Credentials {
    /// `keyId` of the signature: `TENANCY/USER/FINGERPRINT` or `ST$TOKEN`. Secret in the second form.
    pub key_id: String,
    /// The key.
    pub key: PrivateKey,
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The region to begin with.
    pub region: Option<String>,
    /// When the token expires.
    pub expires: Option<Timestamp>,
    /// Where they are from, for people: "profile `ADMIN` of /home/a/.oci/config".
    pub source: String,
    /// The profile's name, where there is one.
    pub profile: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).field("tenancy", &self.tenancy).finish_non_exhaustive()
    }
}

/// Finds the credentials the user means. `warn` hears of files that others may read.
///
/// # Errors
/// Nothing found, something is lacking or broken, or the token is over.
pub fn find(request: &Request, warn: &mut dyn FnMut(String)) -> Result<Credentials, Trouble> {
    let asked = match (request.auth, request.var("OCI_CLI_AUTH")) {
        (Some(kind), _) => Some(kind),
        (None, Some(word)) => Some(AuthKind::read(word).ok_or_else(|| {
            Trouble::helped(
                format!("`OCI_CLI_AUTH` is `{word}`, which kmslint does not know"),
                "use `api_key`, `security_token`, `resource_principal` or `instance_principal`",
            )
        })?),
        (None, None) => None,
    };
    match asked {
        Some(AuthKind::ResourcePrincipal) => principal::resource(request),
        Some(AuthKind::InstancePrincipal) => Err(principal::instance_unavailable()),
        Some(AuthKind::SecurityToken) => of_token(request, &Profile::load(request, warn)?, warn),
        Some(AuthKind::ApiKey) => of_key(request, &Profile::load(request, warn)?, warn),
        None => {
            let profile = Profile::load(request, warn)?;
            if profile.value("security_token_file").is_some() { of_token(request, &profile, warn) } else { of_key(request, &profile, warn) }
        }
    }
}

fn of_key(request: &Request, profile: &Profile, warn: &mut dyn FnMut(String)) -> Result<Credentials, Trouble> {
    let tenancy = ocid(profile, "tenancy", "OCI_CLI_TENANCY")?;
    let user = ocid(profile, "user", "OCI_CLI_USER")?;
    let (key, source) = private_key(request, profile, warn)?;
    let actual = key.fingerprint();
    // The service only knows a key by its fingerprint; Oracle's tools demand it, though it follows from the key.
    if let Some(configured) = profile.value("fingerprint")
        && !configured.eq_ignore_ascii_case(&actual)
    {
        return Err(errors::wrong_fingerprint(configured, &actual, &source));
    }
    Ok(Credentials {
        key_id: format!("{tenancy}/{user}/{actual}"),
        key,
        tenancy,
        region: profile.value("region").map(str::to_owned),
        expires: None,
        source: profile.source(),
        profile: profile.name().map(str::to_owned),
    })
}

fn of_token(request: &Request, profile: &Profile, warn: &mut dyn FnMut(String)) -> Result<Credentials, Trouble> {
    let file = profile
        .value("security_token_file")
        .ok_or_else(|| errors::lacking("security_token_file", &profile.source(), "OCI_CLI_SECURITY_TOKEN_FILE"))?;
    let path = expand(request, file);
    let token = secret_file(request, "the session token", &path, warn)?;
    let token = token.trim();
    let claims = token::claims(token).ok_or_else(|| errors::bad_token(&path.display().to_string()))?;
    check_expiry(request, claims.expires(), &path.display().to_string(), profile.name())?;
    let tenancy = match profile.value("tenancy") {
        Some(_) => ocid(profile, "tenancy", "OCI_CLI_TENANCY")?,
        None => claims.tenancy().map(str::to_owned).ok_or_else(|| errors::lacking("tenancy", &profile.source(), "OCI_CLI_TENANCY"))?,
    };
    let (key, _) = private_key(request, profile, warn)?;
    Ok(Credentials {
        key_id: format!("ST${token}"),
        key,
        tenancy,
        region: profile.value("region").map(str::to_owned),
        expires: claims.expires(),
        source: profile.source(),
        profile: profile.name().map(str::to_owned),
    })
}

fn check_expiry(request: &Request, expires: Option<Timestamp>, source: &str, profile: Option<&str>) -> Result<(), Trouble> {
    match expires {
        Some(when) if when <= request.now => Err(errors::expired_token(source, &when.to_string(), profile)),
        _ => Ok(()),
    }
}

/// A value that must look like an OCID: five parts or more, letters, digits, `-` and `_`.
fn ocid(profile: &Profile, name: &str, variable: &str) -> Result<String, Trouble> {
    let value = profile.value(name).ok_or_else(|| errors::lacking(name, &profile.source(), variable))?;
    let parts = value.split('.').count();
    let clean = value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !clean || parts < 5 || !value.starts_with("ocid1.") {
        return Err(errors::misshapen(name, &profile.source(), &format!("an OCID such as `ocid1.{name}.oc1..…`")));
    }
    Ok(value.to_owned())
}

/// The key, and how errors name it.
fn private_key(request: &Request, profile: &Profile, warn: &mut dyn FnMut(String)) -> Result<(PrivateKey, String), Trouble> {
    let passphrase = profile.value("pass_phrase").or_else(|| profile.value("passphrase"));
    if let Some(content) = profile.value("key_content") {
        let source = "of `OCI_CLI_KEY_CONTENT`".to_owned();
        // Secret stores like to hand a key out on one line.
        return Ok((PrivateKey::read(&content.replace("\\n", "\n"), passphrase, &source)?, source));
    }
    let file = profile.value("key_file").ok_or_else(|| errors::lacking("key_file", &profile.source(), "OCI_CLI_KEY_FILE"))?;
    let path = expand(request, file);
    let text = secret_file(request, "the private key", &path, warn)?;
    let source = path.display().to_string();
    Ok((PrivateKey::read(&text, passphrase, &source)?, source))
}

/// Reads a file that nobody else should be able to read.
fn secret_file(request: &Request, what: &str, path: &Path, warn: &mut dyn FnMut(String)) -> Result<String, Trouble> {
    let text = disk::read_text(path, FILE_CAP).map_err(|error| errors::unreadable(what, path, &error.to_string()))?;
    let quiet = request.var("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if let Some(mode) = disk::mode(path)
        && mode & 0o177 != 0
        && !quiet
    {
        warn(errors::open_permissions(what, path, mode));
    }
    Ok(text)
}
