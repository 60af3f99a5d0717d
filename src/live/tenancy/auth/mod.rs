//! Finds credentials: an API key or a session token of a profile, or a principal that OCI provides.
//!
//! Imports go down here too: this file → `principal`, `workload`, `delegation` → `credentials`, `instance` → `exchange` → `signer`, and
//! `profile` → `ini`.

pub(super) mod credentials;
mod delegation;
mod exchange;
mod files;
pub(super) mod ini;
mod instance;
mod principal;
mod profile;
pub(super) mod signer;
mod token;
mod workload;

use super::crypto::key::PrivateKey;
use super::fault::{KeyError, LiveError};
use super::wire::is_ocid;
use crate::live::{AuditRequest, AuthKind};
use credentials::Credentials;
use profile::Profile;
use signer::Signer;

/// Finds the credentials that the options, the environment and the profile select. `warn` receives warnings about files that other users
/// can read.
///
/// # Errors
/// There are no credentials, they are incomplete or invalid, or the token has expired.
pub(super) fn find<'a>(request: &'a AuditRequest, warn: &mut dyn FnMut(String)) -> Result<Credentials<'a>, LiveError> {
    let requested = match (request.auth, request.var("OCI_CLI_AUTH")) {
        (Some(kind), _) => Some(kind),
        (None, Some(word)) => Some(AuthKind::read(word).ok_or_else(|| LiveError::UnknownAuth(word.to_owned()))?),
        (None, None) => None,
    };
    match requested {
        Some(AuthKind::ResourcePrincipal) => principal::resource_credentials(request),
        Some(AuthKind::InstancePrincipal) => instance_credentials(request),
        Some(AuthKind::OkeWorkloadIdentity) => workload::credentials(request),
        Some(AuthKind::Pkcs11) => Err(LiveError::Pkcs11),
        Some(kind @ (AuthKind::InstanceOboUser | AuthKind::SecurityToken | AuthKind::ApiKey)) => {
            profile_credentials(request, &Profile::load(request, warn)?, Some(kind), warn)
        }
        None => profile_credentials(request, &Profile::load(request, warn)?, None, warn),
    }
}

/// The credentials of a profile: of the requested kind, otherwise of its `authentication_type`, otherwise of the kind that its values
/// suggest.
fn profile_credentials<'a>(
    request: &'a AuditRequest,
    profile: &Profile,
    requested: Option<AuthKind>,
    warn: &mut dyn FnMut(String),
) -> Result<Credentials<'a>, LiveError> {
    let configured_kind = || profile.value("authentication_type").map(|word| (AuthKind::read(word), word));
    let kind = match requested {
        Some(kind) => Some(kind),
        None => match configured_kind() {
            Some((None, word)) => return Err(LiveError::UnknownAuthenticationType { of: profile.source(), word: word.to_owned() }),
            Some((Some(kind), _)) => Some(kind),
            None => None,
        },
    };
    let has = |name| profile.value(name).is_some();
    match kind {
        // The profile of a Cloud Shell: Oracle's SDK treats an instance principal with a delegation token as a user.
        Some(AuthKind::InstancePrincipal) if has("delegation_token_file") => delegation::user_credentials(request, profile, warn),
        Some(AuthKind::InstanceOboUser) => delegation::user_credentials(request, profile, warn),
        Some(AuthKind::InstancePrincipal) => instance_credentials(request),
        Some(AuthKind::ResourcePrincipal) => principal::resource_credentials(request),
        Some(AuthKind::OkeWorkloadIdentity) => workload::credentials(request),
        Some(AuthKind::Pkcs11) => Err(LiveError::Pkcs11),
        Some(AuthKind::SecurityToken) => session_token_credentials(request, profile, warn),
        Some(AuthKind::ApiKey) => api_key_credentials(request, profile, warn),
        None if has("security_token_file") => session_token_credentials(request, profile, warn),
        None if has("delegation_token_file") && !has("key_file") && !has("key_content") => {
            delegation::user_credentials(request, profile, warn)
        }
        None => api_key_credentials(request, profile, warn),
    }
}

fn instance_credentials(request: &AuditRequest) -> Result<Credentials<'_>, LiveError> {
    let (instance, session) = instance::find(request)?;
    let region = Some(instance.region().to_owned());
    let source = "the instance principal".to_owned();
    Ok(Credentials::new(session.signer, session.tenancy, region, source).with_renewal(Box::new(instance)))
}

fn api_key_credentials<'a>(request: &AuditRequest, profile: &Profile, warn: &mut dyn FnMut(String)) -> Result<Credentials<'a>, LiveError> {
    let tenancy = required_ocid(profile, "tenancy", "OCI_CLI_TENANCY")?;
    let user = required_ocid(profile, "user", "OCI_CLI_USER")?;
    let (key, source) = read_private_key(request, profile, warn)?;
    let actual = key.fingerprint();
    // The service identifies a key by its fingerprint. Oracle's tools require it in the profile; kmslint computes it from the key, and only
    // checks a configured one.
    if let Some(configured) = profile.value("fingerprint")
        && !configured.eq_ignore_ascii_case(&actual)
    {
        return Err(LiveError::WrongFingerprint { configured: configured.to_owned(), actual, of: source });
    }
    let signer = Signer::for_user(format!("{tenancy}/{user}/{actual}"), key);
    Ok(Credentials::new(signer, tenancy, profile.value("region").map(str::to_owned), profile.source()).with_profile(profile))
}

fn session_token_credentials<'a>(
    request: &AuditRequest,
    profile: &Profile,
    warn: &mut dyn FnMut(String),
) -> Result<Credentials<'a>, LiveError> {
    let file =
        profile.value("security_token_file").ok_or_else(|| missing_value(profile, "security_token_file", "OCI_CLI_SECURITY_TOKEN_FILE"))?;
    let path = request.expand(file);
    let token = files::read_secret(request, "the session token", &path, warn)?;
    let token = token.trim();
    let claims = token::claims(token).ok_or_else(|| LiveError::NotAToken(path.display().to_string()))?;
    token::check_expiry(request.now, claims.expires(), &path.display().to_string(), profile.name())?;
    let tenancy = match profile.value("tenancy") {
        Some(_) => required_ocid(profile, "tenancy", "OCI_CLI_TENANCY")?,
        None => claims.tenancy().map(str::to_owned).ok_or_else(|| missing_value(profile, "tenancy", "OCI_CLI_TENANCY"))?,
    };
    let (key, _) = read_private_key(request, profile, warn)?;
    let signer = Signer::for_session(token, key, claims.expires());
    Ok(Credentials::new(signer, tenancy, profile.value("region").map(str::to_owned), profile.source()).with_profile(profile))
}

/// A required value that must be an OCID.
fn required_ocid(profile: &Profile, name: &'static str, variable: &'static str) -> Result<String, LiveError> {
    let value = profile.value(name).ok_or_else(|| missing_value(profile, name, variable))?;
    if !is_ocid(value) {
        return Err(LiveError::NotAnOcid { name, of: profile.source() });
    }
    Ok(value.to_owned())
}

/// The private key, and its name for errors.
fn read_private_key(request: &AuditRequest, profile: &Profile, warn: &mut dyn FnMut(String)) -> Result<(PrivateKey, String), LiveError> {
    let passphrase = profile.value("pass_phrase").or_else(|| profile.value("passphrase"));
    if let Some(content) = profile.value("key_content") {
        let source = "of `OCI_CLI_KEY_CONTENT`".to_owned();
        // Secret stores often return a key on one line, with `\n` for line breaks.
        return with_source(PrivateKey::read(&content.replace("\\n", "\n"), passphrase), source);
    }
    let file = profile.value("key_file").ok_or_else(|| missing_value(profile, "key_file", "OCI_CLI_KEY_FILE"))?;
    let path = request.expand(file);
    let text = files::read_secret(request, "the private key", &path, warn)?;
    let source = path.display().to_string();
    with_source(PrivateKey::read(&text, passphrase), source)
}

fn with_source(key: Result<PrivateKey, KeyError>, of: String) -> Result<(PrivateKey, String), LiveError> {
    match key {
        Ok(key) => Ok((key, of)),
        Err(error) => Err(LiveError::Key { of, error }),
    }
}

fn missing_value(profile: &Profile, name: &'static str, variable: &'static str) -> LiveError {
    LiveError::MissingValue { name, of: profile.source(), variable }
}
