//! What an audit of the tenancy is asked: environment, clock and wishes come in as values, nothing is looked up on the way.

use super::saved::Unfinished;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Requests a second by default. The service allows 10 management reads a second per tenancy, shared by everyone in it.
pub(crate) const DEFAULT_RPS: f64 = 5.0;
/// How long an audit may take by default.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(6 * 3600);

/// How to prove who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// An API signing key of a user.
    ApiKey,
    /// A session token next to a profile: `oci session authenticate`, and what CI actions for OIDC write.
    SecurityToken,
    /// What Functions, Data Science and other services hand to the code they run.
    ResourcePrincipal,
    /// The certificate of the compute instance that runs kmslint.
    InstancePrincipal,
    /// The same on behalf of a user, by a delegation token: Cloud Shell.
    InstanceOboUser,
    /// The service account of the pod that runs kmslint in Kubernetes Engine.
    OkeWorkloadIdentity,
    /// A key that a hardware token keeps. Known, to be refused with what to do instead.
    Pkcs11,
}

/// The words of `--auth`, `OCI_CLI_AUTH` and `authentication_type`.
const AUTH_WORDS: [(&str, AuthKind); 8] = [
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
    /// Reads the words of `--auth` and `OCI_CLI_AUTH`.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase().replace('-', "_");
        AUTH_WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind)
    }

    /// The words of what can be used, each once.
    #[must_use]
    pub fn words() -> String {
        let usable = AUTH_WORDS.iter().filter(|(word, kind)| *kind != Self::Pkcs11 && *word != "session_token");
        usable.map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
    }
}

/// Time as the audit sees it. The command line hands in the machine's; tests hand in one that does not wait.
pub trait Clock: Send + Sync {
    /// Time since the audit was asked for.
    fn elapsed(&self) -> Duration;
    /// Waits, but not beyond an interruption.
    fn sleep(&self, duration: Duration);
    /// Whether the user asked to stop: nothing more is sent then, and what was read is reported.
    fn is_interrupted(&self) -> bool {
        false
    }
}

/// Remembers signatures. Each takes a good part of a request's time, and tests send the same requests thousands of times.
pub trait SignatureMemo: Send + Sync {
    /// The signature of a text, which `sign` makes.
    fn signature(&self, text: &str, sign: &dyn Fn() -> Option<Vec<u8>>) -> Option<Vec<u8>>;
}

/// How far an audit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditStep<'a> {
    /// What is being read: "keys".
    pub what: &'a str,
    /// How many calls of this kind are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// How long the rest of them will take at the rate so far; `None` at the beginning.
    pub left: Option<Duration>,
    /// Compartments found so far.
    pub compartments: usize,
    /// Vaults found so far, in all regions.
    pub vaults: usize,
    /// Keys found so far.
    pub keys: usize,
}

/// A call that failed and will be tried again.
#[derive(Clone, Copy, Debug)]
pub struct Retry<'a> {
    /// A clause that names the host or quotes the service.
    pub why: &'a str,
    /// What to do if it goes on, one sentence without a period.
    pub help: &'a str,
    /// Which attempt comes next, from 2.
    pub attempt: u32,
    /// How many there will be at most.
    pub attempts: u32,
    /// How long until then.
    pub pause: Duration,
    /// Whether it is the first of this audit.
    pub is_first: bool,
}

/// Who watches.
pub trait Progress: Sync {
    /// A call is done.
    fn step(&self, step: &AuditStep<'_>);
    /// A call failed and will be tried again.
    fn retry(&self, retry: &Retry<'_>);
    /// Something the user should know that takes nothing away from the result; one sentence without a period.
    fn warn(&self, sentence: &str);
}

/// Who saves what was read, while it is read.
pub trait Keeper: Sync {
    /// Replaces what was saved before by this text of an inventory.
    fn keep(&self, text: &str);
}

/// How long one call may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To connect, the TLS handshake included.
    pub connect: Duration,
    /// To answer, and again for the complete body.
    pub read: Duration,
}

impl Default for Timeouts {
    /// As Oracle's SDKs: 10 and 60 seconds.
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(60) }
    }
}

/// What is to be audited, and as whom.
pub struct AuditRequest {
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The machine's time when the audit was asked for; requests are signed with it. Never the time of `--now`.
    pub now: Timestamp,
    /// Time passing.
    pub clock: Arc<dyn Clock>,
    /// Who remembers the signatures of calls to the service: tests only.
    pub signatures: Option<Arc<dyn SignatureMemo>>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--config-file`.
    pub config_file: Option<PathBuf>,
    /// `--auth`.
    pub auth: Option<AuthKind>,
    /// `--region`; empty is the profile's.
    pub regions: Vec<String>,
    /// `--all-regions`: every region the tenancy has subscribed to.
    pub all_regions: bool,
    /// `--compartment`: OCIDs; empty is the complete tenancy.
    pub compartments: Vec<String>,
    /// `--recursive`: the compartments below those, too.
    pub recursive: bool,
    /// `--endpoint`: the base of every service's address in place of the realm's; `{region}` and `{service}` in it are filled in.
    pub endpoint: Option<String>,
    /// `--ca-bundle`: the certificates to trust in place of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// `--rps`: requests a second; infinite is no limit.
    pub rps: f64,
    /// How long the complete audit may take.
    pub deadline: Duration,
    /// How many calls may be under way at once.
    pub connections: usize,
    /// How long one call may take.
    pub timeouts: Timeouts,
    /// Ask for every fact of every key, also for those that no rule needs: for evidence and for drift.
    pub thorough: bool,
    /// `--resume`: what an audit that did not finish has read already.
    pub resume: Option<Unfinished>,
    /// A key made within this many days cannot be too old nor nearly so: its versions are not asked for.
    pub fresh_days: i64,
}

impl AuditRequest {
    /// A variable that is set and not empty.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A path with `~` for the home directory.
    #[must_use]
    pub fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/").or_else(|| path.strip_prefix("~\\")), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

impl fmt::Debug for AuditRequest {
    /// The environment is left out: passphrases, keys and tokens live there.
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
    fn auth_words_are_those_of_the_oci_command_line() {
        for (word, kind) in [
            ("api_key", AuthKind::ApiKey),
            ("security_token", AuthKind::SecurityToken),
            ("resource-principal", AuthKind::ResourcePrincipal),
            ("instance_principal", AuthKind::InstancePrincipal),
            ("instance_obo_user", AuthKind::InstanceOboUser),
            ("oke_workload_identity", AuthKind::OkeWorkloadIdentity),
            ("PKCS11", AuthKind::Pkcs11),
        ] {
            assert_eq!(AuthKind::read(word), Some(kind));
        }
        assert_eq!(AuthKind::read("magic"), None);
    }
}
