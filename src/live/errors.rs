//! Every sentence the audit can say when something does not work. No secret ever gets into one: no token, no key, no passphrase.

use super::api::{Fault, FaultKind};
use super::permissions::Permission;
use crate::base::{Problem, ProblemKind};
use std::path::Path;

/// Why the audit cannot begin.
#[derive(Debug)]
pub struct Trouble {
    /// One sentence without a full stop.
    pub message: String,
    /// What to do, one sentence without a full stop.
    pub help: Option<String>,
}

impl Trouble {
    /// Only a sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// A sentence and what to do.
    pub fn helped(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        let problem = Self::new(ProblemKind::Service, trouble.message);
        match trouble.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}

/// No file and no environment.
pub fn no_credentials(path: &Path, resource_principal: bool) -> Trouble {
    let help = if resource_principal {
        "this seems to run inside of an OCI service: use `--auth resource_principal`"
    } else {
        "run `oci setup config`, set `OCI_CLI_USER`, `OCI_CLI_TENANCY`, `OCI_CLI_FINGERPRINT`, `OCI_CLI_REGION` and `OCI_CLI_KEY_CONTENT`, or choose with `--auth`"
    };
    Trouble::helped(format!("there are no credentials: {} does not exist and the environment has none", path.display()), help)
}

/// A file that should be there.
pub fn unreadable(what: &str, path: &Path, why: &str) -> Trouble {
    Trouble::new(format!("{what} {} cannot be read: {why}", path.display()))
}

/// The config file is not INI.
pub fn bad_config(path: &Path, why: &str) -> Trouble {
    Trouble::new(format!("{} is not a valid OCI config file: {why}", path.display()))
}

/// No such profile.
pub fn no_profile(name: &str, path: &Path, others: &[String]) -> Trouble {
    let message = format!("{} has no profile `{name}`", path.display());
    if others.is_empty() {
        return Trouble::helped(message, "its only profile is `DEFAULT`");
    }
    Trouble::helped(message, format!("it has `DEFAULT`, `{}`", others.join("`, `")))
}

/// A value that the profile lacks.
pub fn lacking(name: &str, source: &str, variable: &str) -> Trouble {
    Trouble::helped(format!("{source} has no `{name}`"), format!("add `{name} = …` or set `{variable}`"))
}

/// A value that is not what it should be.
pub fn misshapen(name: &str, source: &str, wanted: &str) -> Trouble {
    Trouble::new(format!("`{name}` of {source} is not {wanted}"))
}

/// The PEM holds no private key.
pub fn not_a_key(source: &str, why: &str) -> Trouble {
    Trouble::helped(format!("the private key {source} cannot be read: {why}"), "it should be the PEM file of an RSA API signing key")
}

/// The key is encrypted and no passphrase is given.
pub fn no_passphrase(source: &str) -> Trouble {
    Trouble::helped(
        format!("the private key {source} is encrypted and there is no passphrase"),
        "add `pass_phrase = …` to the profile or set `OCI_CLI_PASSPHRASE`",
    )
}

/// The passphrase does not fit.
pub fn wrong_passphrase(source: &str) -> Trouble {
    Trouble::helped(
        format!("the private key {source} cannot be decrypted: the passphrase is wrong"),
        "it comes from `pass_phrase` of the profile or from `OCI_CLI_PASSPHRASE`",
    )
}

/// Encrypted in a way we do not undo.
pub fn unsupported_encryption(source: &str, how: &str) -> Trouble {
    Trouble::helped(
        format!("the private key {source} is encrypted with {how}, which kmslint does not read"),
        "convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD.pem -out NEW.pem`; a very old OpenSSL 3 file may need `-provider legacy -provider default` too",
    )
}

/// The fingerprint is of another key.
pub fn wrong_fingerprint(configured: &str, actual: &str, source: &str) -> Trouble {
    Trouble::helped(
        format!("the fingerprint {configured} does not belong to the private key {source}, whose fingerprint is {actual}"),
        "correct `fingerprint` or `key_file` of the profile; the right pair is shown under API keys of the user in the console",
    )
}

/// The session token is over.
pub fn expired_token(source: &str, when: &str, profile: Option<&str>) -> Trouble {
    let message = format!("the session token {source} expired at {when}");
    match profile {
        Some(profile) => Trouble::helped(
            message,
            format!(
                "run `oci session refresh --profile {profile}` while it is valid, `oci session authenticate --profile-name {profile}` now"
            ),
        ),
        None => Trouble::new(message),
    }
}

/// The token is no token.
pub fn bad_token(source: &str) -> Trouble {
    Trouble::helped(format!("{source} does not hold a session token"), "run `oci session authenticate`")
}

/// Not on an instance, most likely.
pub fn no_metadata(base: &str, why: &str) -> Trouble {
    Trouble::helped(
        format!("the instance's metadata service at {base} cannot be used: {why}"),
        "instance principals work on OCI's compute instances only; elsewhere use an API key, or `oci session authenticate` and `--auth security_token`",
    )
}

/// What the metadata service gave is no instance's certificate.
pub fn bad_certificate(why: &str) -> Trouble {
    Trouble::new(format!("the certificate of the instance's metadata service cannot be used: {why}"))
}

/// The service gives no token for the instance's certificate.
pub fn no_session(host: &str, why: &str) -> Trouble {
    Trouble::new(format!("{host} gives no session token for this instance's certificate: {why}"))
}

/// A file that others may read.
pub fn open_permissions(what: &str, path: &Path, mode: u32) -> String {
    format!("{what} {} can be read by others (mode {:03o}); run `chmod 600 {}`", path.display(), mode & 0o777, path.display())
}

/// The clocks differ.
pub fn clock_skew(seconds: i64, why: &str) -> String {
    let minutes = (seconds.abs() + 30) / 60;
    let direction = if seconds < 0 { "behind" } else { "ahead of" };
    format!("this machine's clock is {minutes} minutes {direction} the service's, which accepts 5: {why}")
}

/// 401 for any other reason, with a token.
pub fn token_not_accepted(source: &str, region: &str, why: &str) -> String {
    format!("the session token of {source} is not accepted in {region}: {why}; is the region subscribed to?")
}

/// 401 for any other reason.
pub fn not_accepted(source: &str, region: &str, why: &str) -> String {
    format!(
        "the credentials of {source} are not accepted in {region}: {why}; is the API key still registered, the user active, and the region subscribed to?"
    )
}

/// A part that could not be read.
pub fn gap(doing: &str, fault: &Fault, permission: Permission, compartment: Option<&str>) -> String {
    match fault.kind {
        FaultKind::Denied => {
            format!("{doing}: it does not exist, or a policy such as `{}` is lacking; {}", permission.statement(compartment), fault.why)
        }
        FaultKind::Halted | FaultKind::Failed => format!("{doing}: {}", fault.why),
    }
}
