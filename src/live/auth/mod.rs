//! Who asks: an API key or a session token of a profile, or a principal that OCI hands out.

mod certificate;
pub mod ini;
mod instance;
pub mod key;
mod pem;
pub mod principal;
mod profile;
mod session_key;
mod token;

use super::errors::{self, Trouble};
use super::request::{AuthKind, Request};
use crate::base::disk;
use instance::Instance;
use jiff::{SignedDuration, Timestamp};
use key::PrivateKey;
use profile::Profile;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub use profile::expand;

/// The largest key, token or config file: 1 MiB.
const FILE_CAP: u64 = 1 << 20;

/// How long before its end a token is replaced, if that can be done. Source: `federation_client.py` of Oracle's Python SDK.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// What a request is signed with.
pub struct Signer {
    /// `keyId` of the signature: `TENANCY/USER/FINGERPRINT` or `ST$TOKEN`. Secret in the second form.
    pub key_id: String,
    /// The key.
    pub key: PrivateKey,
    /// When the token expires.
    pub expires: Option<Timestamp>,
}

/// Who asks.
pub struct Credentials<'a> {
    /// What requests are signed with now.
    signer: Mutex<Arc<Signer>>,
    /// Where the next token comes from, if there is a next one.
    instance: Option<Instance<'a>>,
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The region to begin with.
    pub region: Option<String>,
    /// Where they are from, for people: "profile `ADMIN` of /home/a/.oci/config".
    pub source: String,
    /// The profile's name, where there is one.
    pub profile: Option<String>,
}

impl Signer {
    /// Whether it is a session's, not a user's.
    pub fn is_token(&self) -> bool {
        self.key_id.starts_with("ST$")
    }
}

impl<'a> Credentials<'a> {
    fn new(signer: Signer, tenancy: String, region: Option<String>, source: String) -> Self {
        Self { signer: Mutex::new(Arc::new(signer)), instance: None, tenancy, region, source, profile: None }
    }

    fn of_profile(self, profile: &Profile) -> Self {
        Self { profile: profile.name().map(str::to_owned), ..self }
    }

    fn of_instance(self, instance: Instance<'a>) -> Self {
        Self { instance: Some(instance), ..self }
    }

    /// What to sign with at this time. A token that is about to expire is replaced where that can be done.
    ///
    /// # Errors
    /// There is no new token.
    pub fn signer(&self, now: Timestamp) -> Result<Arc<Signer>, Trouble> {
        let signer = Arc::clone(&self.signer.lock().unwrap_or_else(PoisonError::into_inner));
        let over = signer.expires.is_some_and(|expires| expires.duration_since(now) <= EARLY);
        if over && self.is_renewable() { self.renew(&signer) } else { Ok(signer) }
    }

    /// Whether there can be a new token.
    pub fn is_renewable(&self) -> bool {
        self.instance.is_some()
    }

    /// Replaces a token that is not good any more. Whoever comes second gets what the first one got.
    ///
    /// # Errors
    /// There is no new token.
    pub fn renew(&self, stale: &Arc<Signer>) -> Result<Arc<Signer>, Trouble> {
        let mut current = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instance) = &self.instance
            && Arc::ptr_eq(&current, stale)
        {
            *current = Arc::new(instance.session()?.signer);
        }
        Ok(Arc::clone(&current))
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).field("tenancy", &self.tenancy).finish_non_exhaustive()
    }
}

/// Finds the credentials the user means. `warn` hears of files that others may read.
///
/// # Errors
/// Nothing found, something is lacking or broken, or the token is over.
pub fn find<'a>(request: &'a Request, warn: &mut dyn FnMut(String)) -> Result<Credentials<'a>, Trouble> {
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
        Some(AuthKind::InstancePrincipal) => instance::find(request),
        Some(AuthKind::SecurityToken) => of_token(request, &Profile::load(request, warn)?, warn),
        Some(AuthKind::ApiKey) => of_key(request, &Profile::load(request, warn)?, warn),
        None => {
            let profile = Profile::load(request, warn)?;
            if profile.value("security_token_file").is_some() { of_token(request, &profile, warn) } else { of_key(request, &profile, warn) }
        }
    }
}

fn of_key<'a>(request: &Request, profile: &Profile, warn: &mut dyn FnMut(String)) -> Result<Credentials<'a>, Trouble> {
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
    let signer = Signer { key_id: format!("{tenancy}/{user}/{actual}"), key, expires: None };
    Ok(Credentials::new(signer, tenancy, profile.value("region").map(str::to_owned), profile.source()).of_profile(profile))
}

fn of_token<'a>(request: &Request, profile: &Profile, warn: &mut dyn FnMut(String)) -> Result<Credentials<'a>, Trouble> {
    let file = profile
        .value("security_token_file")
        .ok_or_else(|| errors::lacking("security_token_file", &profile.source(), "OCI_CLI_SECURITY_TOKEN_FILE"))?;
    let path = expand(request, file);
    let token = secret_file(request, "the session token", &path, warn)?;
    let token = token.trim();
    let claims = token::claims(token).ok_or_else(|| errors::bad_token(&path.display().to_string()))?;
    check_expiry(request.now, claims.expires(), &path.display().to_string(), profile.name())?;
    let tenancy = match profile.value("tenancy") {
        Some(_) => ocid(profile, "tenancy", "OCI_CLI_TENANCY")?,
        None => claims.tenancy().map(str::to_owned).ok_or_else(|| errors::lacking("tenancy", &profile.source(), "OCI_CLI_TENANCY"))?,
    };
    let (key, _) = private_key(request, profile, warn)?;
    let signer = Signer { key_id: format!("ST${token}"), key, expires: claims.expires() };
    Ok(Credentials::new(signer, tenancy, profile.value("region").map(str::to_owned), profile.source()).of_profile(profile))
}

fn check_expiry(now: Timestamp, expires: Option<Timestamp>, source: &str, profile: Option<&str>) -> Result<(), Trouble> {
    match expires {
        Some(when) if when <= now => Err(errors::expired_token(source, &when.to_string(), profile)),
        _ => Ok(()),
    }
}

/// Whether a text looks like an OCID: five parts or more, letters, digits, `-` and `_`.
fn is_ocid(text: &str) -> bool {
    let clean = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    clean && text.split('.').count() >= 5 && text.starts_with("ocid1.")
}

/// A value that must look like an OCID.
fn ocid(profile: &Profile, name: &str, variable: &str) -> Result<String, Trouble> {
    let value = profile.value(name).ok_or_else(|| errors::lacking(name, &profile.source(), variable))?;
    if !is_ocid(value) {
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
