//! The input of an audit. Environment, clock and options are passed in as values: the audit itself reads no environment and no clock.

use super::saved::UnfinishedAudit;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Requests a second by default. The service allows 10 management reads a second per tenancy, shared by everyone in it.
pub(crate) const DEFAULT_RPS: f64 = 5.0;
/// The default time limit of an audit.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(6 * 3600);

/// How an audit authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// A user's API signing key.
    ApiKey,
    /// A session token in a file that a profile names; `oci session authenticate` and CI actions for OIDC write one.
    SecurityToken,
    /// The identity that Functions, Data Science and other services give to the code they run.
    ResourcePrincipal,
    /// The certificate of the compute instance that runs kmslint.
    InstancePrincipal,
    /// An instance principal that acts for a user with a delegation token, as in Cloud Shell.
    InstanceOboUser,
    /// The service account of the pod that runs kmslint in Kubernetes Engine.
    OkeWorkloadIdentity,
    /// A key on a hardware token. Recognized only to report that it is not supported, and what to use instead.
    Pkcs11,
}

/// The values of `--auth`, `OCI_CLI_AUTH` and `authentication_type`.
const AUTH_VALUES: [(&str, AuthKind); 8] = [
    ("api_key", AuthKind::ApiKey),
    ("security_token", AuthKind::SecurityToken),
    ("session_token", AuthKind::SecurityToken),
    ("instance_principal", AuthKind::InstancePrincipal),
    ("instance_obo_user", AuthKind::InstanceOboUser),
    ("resource_principal", AuthKind::ResourcePrincipal),
    ("oke_workload_identity", AuthKind::OkeWorkloadIdentity),
    ("pkcs11", AuthKind::Pkcs11),
];

impl AuthKind {
    /// Reads a value of `--auth`, `OCI_CLI_AUTH` or `authentication_type`.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        let value = value.to_ascii_lowercase().replace('-', "_");
        AUTH_VALUES.into_iter().find(|(known, _)| *known == value).map(|(_, kind)| kind)
    }

    /// The supported values for help and errors, without aliases.
    #[must_use]
    pub fn accepted_values() -> String {
        let usable = AUTH_VALUES.iter().filter(|(value, kind)| *kind != Self::Pkcs11 && *value != "session_token");
        usable.map(|(value, _)| *value).collect::<Vec<_>>().join(", ")
    }
}

/// Time as the audit sees it. The command line passes the machine's clock, tests pass one that does not wait.
pub trait Clock: Send + Sync {
    /// Time since the start of the audit.
    fn elapsed(&self) -> Duration;
    /// Sleeps for this duration, or until the audit is interrupted.
    fn sleep(&self, duration: Duration);
    /// Whether the user asked to stop. No further requests are sent then, and the part that was read is reported.
    fn is_interrupted(&self) -> bool {
        false
    }
}

/// Returns the signature of a text.
pub type TestSigner = fn(&[u8]) -> Vec<u8>;

/// The progress of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditStep<'a> {
    /// The kind of objects being read: "keys".
    pub what: &'a str,
    /// Number of calls of this kind that are done.
    pub done: usize,
    /// Number of calls of this kind in total.
    pub total: usize,
    /// The estimated time for the remaining calls of this kind; `None` at the beginning.
    pub left: Option<Duration>,
    /// Compartments found so far.
    pub compartments: usize,
    /// Vaults found so far, in all regions.
    pub vaults: usize,
    /// Keys found so far.
    pub keys: usize,
}

/// A call that failed and will be retried.
#[derive(Clone, Copy, Debug)]
pub struct Retry<'a> {
    /// A clause that names the host or quotes the service.
    pub why: &'a str,
    /// What to do if it keeps failing; one sentence without a period.
    pub help: &'a str,
    /// The number of the next attempt, from 2.
    pub attempt: u32,
    /// The maximum number of attempts.
    pub attempts: u32,
    /// The time until the next attempt.
    pub pause: Duration,
    /// Whether this is the first retry of the audit.
    pub is_first: bool,
}

/// Receives the progress of an audit.
pub trait Progress: Sync {
    /// A call is done.
    fn step(&self, step: &AuditStep<'_>);
    /// A call failed and will be retried.
    fn retry(&self, retry: &Retry<'_>);
    /// A warning that does not make the result incomplete; one sentence without a period.
    fn warn(&self, sentence: &str);
}

/// Saves the inventory while the audit runs.
pub trait InventorySink: Sync {
    /// Replaces the previously saved inventory with this text.
    fn replace(&self, text: &str);
}

/// The timeouts of one call.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To connect, including the TLS handshake.
    pub connect: Duration,
    /// To receive the headers of the response, and again to receive its body.
    pub read: Duration,
}

impl Default for Timeouts {
    /// The defaults of Oracle's SDKs: 10 and 60 seconds.
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(60) }
    }
}

/// What to audit, with which credentials and limits.
pub struct AuditRequest {
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The machine's time at the start of the audit. Requests are signed with it, so it is never the time of `--now`.
    pub now: Timestamp,
    /// Measures the time since `now`.
    pub clock: Arc<dyn Clock>,
    /// Signs calls to the service in place of the private key; set by tests only, which would spend two thirds of their time on signing.
    pub test_signer: Option<TestSigner>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--config-file`.
    pub config_file: Option<PathBuf>,
    /// `--auth`.
    pub auth: Option<AuthKind>,
    /// `--region`; empty means the profile's region.
    pub regions: Vec<String>,
    /// `--all-regions`: every region that the tenancy is subscribed to.
    pub all_regions: bool,
    /// `--compartment`: OCIDs; empty means the entire tenancy.
    pub compartments: Vec<String>,
    /// `--recursive`: include the compartments below them.
    pub recursive: bool,
    /// `--endpoint`: the base URL of all services instead of the realm's; `{region}` and `{service}` in it are replaced.
    pub endpoint: Option<String>,
    /// `--ca-bundle`: the certificates to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// `--rps`: requests a second; infinity means no limit.
    pub rps: f64,
    /// The time limit of the audit.
    pub deadline: Duration,
    /// The maximum number of concurrent calls.
    pub connections: usize,
    /// The timeouts of one call.
    pub timeouts: Timeouts,
    /// Read every fact of every key, including those that no rule needs: saved inventories and drift need them.
    pub thorough: bool,
    /// `--resume`: the answers that an unfinished audit has already read.
    pub resume: Option<UnfinishedAudit>,
    /// A key created within this number of days is neither too old nor nearly too old, so its versions are not read.
    pub fresh_days: i64,
}

impl AuditRequest {
    /// The value of an environment variable that is set and not empty.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Expands a leading `~` to the home directory.
    #[must_use]
    pub fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/").or_else(|| path.strip_prefix("~\\")), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

impl fmt::Debug for AuditRequest {
    /// Omits the environment, which can contain passphrases, keys and tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditRequest")
            .field("now", &self.now)
            .field("profile", &self.profile)
            .field("config_file", &self.config_file)
            .field("auth", &self.auth)
            .field("regions", &self.regions)
            .field("compartments", &self.compartments)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auth_values_match_the_oci_cli() {
        for (value, kind) in [
            ("api_key", AuthKind::ApiKey),
            ("security_token", AuthKind::SecurityToken),
            ("resource-principal", AuthKind::ResourcePrincipal),
            ("instance_principal", AuthKind::InstancePrincipal),
            ("instance_obo_user", AuthKind::InstanceOboUser),
            ("oke_workload_identity", AuthKind::OkeWorkloadIdentity),
            ("PKCS11", AuthKind::Pkcs11),
        ] {
            assert_eq!(AuthKind::read(value), Some(kind));
        }
        assert_eq!(AuthKind::read("magic"), None);
    }
}
