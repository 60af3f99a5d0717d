//! The errors of an audit and their messages. A message never contains a token, a key or a passphrase.

use crate::base::disk::DiskError;
use crate::base::{Problem, ProblemKind};
use crate::live::permissions::Permission;
use crate::live::request::AuthKind;
use std::path::PathBuf;

/// Why a request cannot be signed: RSA blinding needs random numbers.
const NO_RANDOM_NUMBERS: &str = "the system provides no random numbers";

/// Why the audit cannot start, or cannot continue with these credentials. One sentence without a period.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// No config file, and no credentials in the environment.
    #[error("there are no credentials: {} does not exist and the environment has none", path.display())]
    NoCredentials {
        /// The config file that does not exist.
        path: PathBuf,
        /// Whether the environment has the variables of a resource principal.
        is_resource_principal: bool,
    },
    /// `OCI_CLI_AUTH` has an unknown value.
    #[error("`OCI_CLI_AUTH` is `{0}`, which kmslint does not support")]
    UnknownAuth(String),
    /// A required file.
    #[error("{what} {} cannot be read: {error}", path.display())]
    Unreadable {
        /// What the file is: "the private key".
        what: String,
        /// Its path.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        error: DiskError,
    },
    /// A CA bundle without a certificate.
    #[error("the certificates {} cannot be read: the file has no certificate", .0.display())]
    NoCertificates(PathBuf),
    /// The config file is not valid INI.
    #[error("{} is not a valid OCI config file: {error}", path.display())]
    Config {
        /// Its path.
        path: PathBuf,
        /// The line and what is wrong with it.
        #[source]
        error: IniError,
    },
    /// The config file does not have this profile.
    #[error("{} has no profile `{name}`", path.display())]
    NoProfile {
        /// The name.
        name: String,
        /// The config file.
        path: PathBuf,
        /// The profiles of the file other than `DEFAULT`.
        others: Vec<String>,
    },
    /// The profile is missing a value.
    #[error("{of} has no `{name}`")]
    MissingValue {
        /// The value's name.
        name: &'static str,
        /// Where it is missing: the profile or the environment.
        of: String,
        /// The variable that can set it.
        variable: &'static str,
    },
    /// A value that should be an OCID.
    #[error("`{name}` of {of} is not an OCID such as `ocid1.{name}.oc1..…`")]
    NotAnOcid {
        /// The value's name.
        name: &'static str,
        /// The profile.
        of: String,
    },
    /// A private key that cannot be used.
    #[error("the private key {of} {error}")]
    Key {
        /// Which key: a path, "of `OCI_CLI_KEY_CONTENT`".
        of: String,
        /// Why it cannot be used.
        #[source]
        error: KeyError,
    },
    /// The fingerprint belongs to another key.
    #[error("the fingerprint {configured} does not belong to the private key {of}, whose fingerprint is {actual}")]
    WrongFingerprint {
        /// The fingerprint in the profile.
        configured: String,
        /// The fingerprint of the key.
        actual: String,
        /// Which key.
        of: String,
    },
    /// The session token has expired.
    #[error("the session token {of} expired at {when}")]
    ExpiredToken {
        /// Which token.
        of: String,
        /// When it expired.
        when: jiff::Timestamp,
        /// The profile that names it.
        profile: Option<String>,
    },
    /// The text is not a session token.
    #[error("{0} does not contain a session token")]
    NotAToken(String),
    /// A profile has an unknown `authentication_type`.
    #[error("`authentication_type` of {of} is `{word}`, which kmslint does not support")]
    UnknownAuthenticationType {
        /// The profile.
        of: String,
        /// The value.
        word: String,
    },
    /// Keys in a PKCS#11 token.
    #[error("kmslint does not sign with keys of PKCS#11 tokens")]
    Pkcs11,
    /// The file does not contain a delegation token.
    #[error("{0} does not contain a delegation token")]
    NotADelegationToken(String),
    /// The delegation token has expired.
    #[error("the delegation token {of} expired at {when}")]
    ExpiredDelegation {
        /// Which token.
        of: String,
        /// When it expired.
        when: jiff::Timestamp,
    },
    /// `--auth oke_workload_identity` outside of a pod.
    #[error("there is no workload identity: `KUBERNETES_SERVICE_HOST` does not name the host of a cluster")]
    NoCluster,
    /// A resource principal of an unsupported version.
    #[error("`{variable}` is {version}, which is not supported: only 2.1, 2.1.1, 2.1.2, 2.2 and 3.0 are")]
    ResourcePrincipalVersion {
        /// The variable.
        variable: String,
        /// The version.
        version: String,
    },
    /// `--auth resource_principal` without a resource principal in the environment.
    #[error("there is no resource principal: `{0}` is not set")]
    NoResourcePrincipal(String),
    /// A variable that a resource principal needs is not set.
    #[error("the resource principal is missing `{0}`")]
    ResourcePrincipalVariable(String),
    /// A variable that should be an `https` URL.
    #[error("`{0}` is not an address that begins with `https://`")]
    ResourcePrincipalEndpoint(String),
    /// A variable that should be a path.
    #[error("`{0}` is not a path that begins with `/`")]
    ResourcePrincipalPath(String),
    /// The URL of the containing resource is outside of the realm.
    #[error("the tokens of the next resource principal cannot be read: {0}")]
    ResourcePrincipalParent(EndpointError),
    /// Resources that contain each other.
    #[error("the nested resource principals do not end")]
    EndlessResourcePrincipal,
    /// The metadata service does not answer: most likely this is not an OCI instance.
    #[error("the instance's metadata service at {base} cannot be used: {why}")]
    NoMetadata {
        /// Its address.
        base: String,
        /// A clause.
        why: String,
    },
    /// `OCI_METADATA_BASE_URL` is not a URL.
    #[error("`OCI_METADATA_BASE_URL` is `{0}`, which is not an address")]
    MetadataAddress(String),
    /// The certificate from the metadata service cannot be used.
    #[error("the certificate of the instance's metadata service cannot be used: {0}")]
    Certificate(CertificateError),
    /// A session key cannot be generated.
    #[error("{NO_RANDOM_NUMBERS} for a session key")]
    NoSessionKey,
    /// The service did not return a session token.
    #[error("{host} returned no session token: {why}")]
    NoSession {
        /// The service.
        host: String,
        /// A clause.
        why: String,
    },
    /// `--compartment` is not a compartment OCID.
    #[error("`--compartment {0}` is not a compartment's OCID")]
    NotACompartment(String),
    /// Neither the profile nor an argument names a region.
    #[error("there is no region")]
    NoRegion,
    /// Not a valid region name.
    #[error("`{0}` is not the name of a region")]
    NotARegion(String),
    /// A region that the developer tool configuration does not allow.
    #[error("the region `{region}` may not be used: {path} does not name it, and no others are allowed")]
    ForbiddenRegion {
        /// The region.
        region: String,
        /// The developer tool configuration.
        path: String,
        /// The variable that allows no others.
        variable: &'static str,
    },
    /// A file of region metadata cannot be read.
    #[error("{path} cannot be read: {error}")]
    RegionFile {
        /// Its path.
        path: String,
        /// Why it cannot be read.
        #[source]
        error: DiskError,
    },
    /// Region metadata in a file or variable does not parse.
    #[error("{of} is not valid: {error}")]
    RegionMetadata {
        /// The file or variable.
        of: String,
        /// Where and why.
        #[source]
        error: serde_json::Error,
    },
    /// The regions of the tenancy could not be listed.
    #[error("{0}")]
    NoSubscriptions(String),
    /// `--endpoint` is not a URL.
    #[error("`--endpoint {0}` is not an address")]
    EndpointAddress(String),
    /// `--endpoint` is an `http` URL of another machine.
    #[error("`--endpoint {0}` is not encrypted")]
    PlaintextEndpoint(String),
    /// A variable that should be the URL of a proxy. Its value may contain a password, so it is left out.
    #[error("`{0}` is not the address of a proxy")]
    ProxyAddress(&'static str),
    /// 401, and the clocks differ by more than the service accepts.
    #[error("this machine's clock is {} minutes {} the service's, which accepts 5: {why}", minutes(*seconds), if *seconds < 0 { "slower than" } else { "ahead of" })]
    ClockSkew {
        /// How far this machine's clock is ahead.
        seconds: i64,
        /// The service's error, a clause.
        why: String,
    },
    /// 401 for any other reason, with a token.
    #[error("the session token of {of} is not accepted in {region}: {why}; is the region subscribed to?")]
    TokenNotAccepted {
        /// The source of the credentials.
        of: String,
        /// The region.
        region: String,
        /// The service's error, a clause.
        why: String,
    },
    /// 401 for any other reason.
    #[error(
        "the credentials of {of} are not accepted in {region}: {why}; is the API key still registered, the user active, and the region subscribed to?"
    )]
    NotAccepted {
        /// The source of the credentials.
        of: String,
        /// The region.
        region: String,
        /// The service's error, a clause.
        why: String,
    },
    /// The reason that already ended the audit of a region.
    #[error("{why}")]
    Halted {
        /// A clause.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// The inventory of `--resume` belongs to another tenancy.
    #[error("the inventory to resume is of {saved}, and the credentials are of {ours}")]
    OtherTenancy {
        /// The tenancy of the inventory.
        saved: String,
        /// The tenancy of the credentials.
        ours: String,
    },
}

/// Rounds seconds to minutes, without the sign.
fn minutes(seconds: i64) -> i64 {
    (seconds.abs() + 30) / 60
}

/// What is wrong with an INI file. Never contains a value: it may be a passphrase.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IniError {
    /// A section that appears twice.
    #[error("line {line}: there are two sections `[{name}]`")]
    TwoSections {
        /// From 1.
        line: usize,
        /// The section.
        name: String,
    },
    /// A value before the first section.
    #[error("line {0}: a section such as `[DEFAULT]` must come first")]
    NoSection(usize),
    /// Anything else.
    #[error("line {0} is not a section, `name = value` or a comment")]
    NotAValue(usize),
    /// A value that is set twice.
    #[error("line {line}: `{key}` is set twice in `[{section}]`")]
    SetTwice {
        /// From 1.
        line: usize,
        /// The value's name.
        key: String,
        /// The section.
        section: String,
    },
    /// `key_content` in a config file, which Oracle's tools reject.
    #[error("`key_content` is only allowed as `OCI_CLI_KEY_CONTENT`")]
    KeyContent,
}

/// Why a private key cannot be used; a clause that follows the key's name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has no PEM block with a private key.
    #[error("cannot be read: it has no `-----BEGIN … PRIVATE KEY-----` block")]
    NoBlock,
    /// The block is not base64.
    #[error("cannot be read: what is between BEGIN and END is not base64")]
    NotBase64,
    /// An OpenSSH key.
    #[error("cannot be read: it is an OpenSSH key")]
    OpenSsh,
    /// An elliptic curve key.
    #[error("cannot be read: it is an elliptic curve key, and OCI signs with RSA")]
    EllipticCurve,
    /// A block with another label.
    #[error("cannot be read: `{0}` is not a form of RSA key that OCI accepts")]
    UnknownForm(String),
    /// The header that names the cipher does not parse.
    #[error("cannot be read: its `DEK-Info` is broken")]
    DekInfo,
    /// Below 2048 bits.
    #[error("cannot be read: it has fewer than 2048 bits")]
    TooSmall,
    /// Above 4096 bits.
    #[error("cannot be read: it has more than 4096 bits")]
    TooLarge,
    /// A PKCS#8 key of another algorithm.
    #[error("cannot be read: it is not an RSA key")]
    NotRsa,
    /// Anything else that is not a key.
    #[error("cannot be read: it is not a valid RSA key")]
    Invalid,
    /// The key is encrypted and no passphrase is given.
    #[error("is encrypted and there is no passphrase")]
    NoPassphrase,
    /// The passphrase does not decrypt the key.
    #[error("cannot be decrypted: the passphrase is wrong")]
    WrongPassphrase,
    /// Encrypted with an unsupported scheme.
    #[error("is encrypted with {0}, which kmslint does not read")]
    Encryption(String),
}

/// Why a certificate cannot be used as an instance's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The text has no PEM block with a certificate.
    #[error("not a PEM certificate")]
    NotPem,
    /// The block is not X.509.
    #[error("not an X.509 certificate")]
    NotX509,
    /// The subject has neither of the attributes that name the tenancy.
    #[error("its subject names no tenancy")]
    NoTenancy,
    /// The certificate belongs to another key.
    #[error("it does not match the service's private key")]
    OtherKey,
}

impl LiveError {
    /// What to do: one sentence without a period.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoCredentials { is_resource_principal: true, .. } => {
                "this seems to run inside of an OCI service: use `--auth resource_principal`"
            }
            Self::NoCredentials { .. } => {
                "run `oci setup config`, set `OCI_CLI_USER`, `OCI_CLI_TENANCY`, `OCI_CLI_FINGERPRINT`, `OCI_CLI_REGION` and `OCI_CLI_KEY_CONTENT`, or choose with `--auth`"
            }
            Self::UnknownAuth(_) => return Some(format!("use one of {}", AuthKind::accepted_values())),
            Self::NoProfile { others, .. } if others.is_empty() => "its only profile is `DEFAULT`",
            Self::NoProfile { others, .. } => return Some(format!("it has `DEFAULT`, `{}`", others.join("`, `"))),
            Self::MissingValue { name, variable, .. } => return Some(format!("add `{name} = …` or set `{variable}`")),
            Self::Key { error, .. } => error.help(),
            Self::WrongFingerprint { .. } => {
                "correct `fingerprint` or `key_file` of the profile; the right pair is shown under API keys of the user in the console"
            }
            Self::ExpiredToken { profile, .. } => {
                let profile = profile.as_ref()?;
                return Some(format!(
                    "run `oci session refresh --profile {profile}` while it is valid, `oci session authenticate --profile-name {profile}` now"
                ));
            }
            Self::NotAToken(_) => "run `oci session authenticate`",
            Self::UnknownAuthenticationType { .. } => "Remove it, or choose with `--auth`",
            Self::Pkcs11 => "Run `oci session authenticate` and use `--auth security_token`, or add an API key that is kept in a file",
            Self::NotADelegationToken(_) | Self::ExpiredDelegation { .. } => {
                "Cloud Shell writes and replaces it: start a new session; elsewhere use another `--auth`"
            }
            Self::NoCluster => "Workload identities are those of pods in Kubernetes Engine (OKE): elsewhere use another `--auth`",
            Self::ResourcePrincipalVersion { version, .. } if version == "1.1" => {
                "Version 1.1 relies on the instance that it runs on: use `--auth instance_principal` and allow the instance's dynamic group to read keys"
            }
            Self::ResourcePrincipalVersion { .. } => "Write a profile with `security_token_file` for it, and use `--auth security_token`",
            Self::NoResourcePrincipal(_) => "OCI sets it for Functions, Data Science and jobs; elsewhere use another `--auth`",
            Self::NoMetadata { .. } => {
                "instance principals work on OCI's compute instances only; elsewhere use an API key, or `oci session authenticate` and `--auth security_token`"
            }
            Self::MetadataAddress(_) => "write `http://HOST[:PORT]/opc/v2`",
            Self::NotACompartment(_) => "write `ocid1.compartment.…`",
            Self::NoRegion => "add `region = …` to the profile, set `OCI_CLI_REGION`, or use `--region`",
            Self::NotARegion(_) => "regions are named like `eu-frankfurt-1`",
            Self::ForbiddenRegion { variable, .. } => {
                return Some(format!("add it there, or do not set `{variable}` or `allowOnlyDeveloperToolConfigurationRegions`"));
            }
            Self::RegionMetadata { .. } => {
                "it contains `realmKey`, `realmDomainComponent`, `regionKey` and `regionIdentifier` of each region, as JSON"
            }
            Self::NoSubscriptions(_) => "name them with `--region`",
            Self::EndpointAddress(_) => "write `https://HOST[:PORT][/PATH]`; `{region}` and `{service}` in it are filled in",
            Self::PlaintextEndpoint(_) => "use `https`; `http` is accepted for 127.0.0.1, [::1] and localhost only",
            Self::ProxyAddress(_) => "write `http://HOST:PORT` or `socks5h://HOST:PORT`",
            Self::Unreadable { .. }
            | Self::NoCertificates(_)
            | Self::Config { .. }
            | Self::NotAnOcid { .. }
            | Self::ResourcePrincipalVariable(_)
            | Self::ResourcePrincipalEndpoint(_)
            | Self::ResourcePrincipalPath(_)
            | Self::ResourcePrincipalParent(_)
            | Self::EndlessResourcePrincipal
            | Self::Certificate(_)
            | Self::NoSessionKey
            | Self::NoSession { .. }
            | Self::RegionFile { .. }
            | Self::ClockSkew { .. }
            | Self::TokenNotAccepted { .. }
            | Self::NotAccepted { .. } => return None,
            Self::Halted { help, .. } => return help.clone(),
            Self::OtherTenancy { .. } => "Use the credentials that the inventory was taken with",
        };
        Some(help.to_owned())
    }
}

impl KeyError {
    fn help(&self) -> &'static str {
        match self {
            Self::NoPassphrase => "add `pass_phrase = …` to the profile or set `OCI_CLI_PASSPHRASE`",
            Self::WrongPassphrase => "it comes from `pass_phrase` of the profile or from `OCI_CLI_PASSPHRASE`",
            Self::Encryption(_) => {
                "convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD.pem -out NEW.pem`; a very old OpenSSL 3 file may need `-provider legacy -provider default` too"
            }
            _ => "it should be the PEM file of an RSA API signing key",
        }
    }
}

impl From<LiveError> for Problem {
    fn from(error: LiveError) -> Self {
        let problem = Self::new(ProblemKind::Service, error.to_string());
        match error.help() {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}

/// Why a request got no response; each holds a clause.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    /// Worth a retry: a timeout, a lost connection.
    #[error("{0}")]
    Transient(String),
    /// Connection refused, unknown host or no route. Worth a retry only if the network worked before.
    #[error("{0}")]
    Unreachable(String),
    /// The audit ended while the call was under way.
    #[error("the audit ended before there was an answer")]
    Abandoned,
    /// Not worth a retry: an untrusted certificate, a body above the size limit.
    #[error("{0}")]
    Permanent(String),
}

impl TransportError {
    /// The request could not be signed.
    pub(super) fn unsigned() -> Self {
        Self::Permanent(format!("the request could not be signed: {NO_RANDOM_NUMBERS}"))
    }
}

/// The kind of error of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallErrorKind {
    /// 404 or 403: the object does not exist or a policy is missing. The service does not reveal which.
    Denied,
    /// The credentials are not accepted here, or nothing can be reached. All further calls fail with the same error.
    Halted,
    /// The user interrupted the audit, or its deadline passed. All further calls fail with the same error.
    Interrupted,
    /// Anything else.
    Failed,
}

/// Why a call returned nothing, or only a part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct CallError {
    /// The kind.
    pub kind: CallErrorKind,
    /// A clause: "the service answered 500 InternalServerError (request 5A…)".
    pub why: String,
    /// What to do, if the kind of error determines it.
    pub help: Option<String>,
}

impl CallError {
    /// An error of the kind [`CallErrorKind::Failed`].
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self { kind: CallErrorKind::Failed, why: why.into(), help: None }
    }

    /// Why a part of the tenancy is missing from the inventory. `failure` is a clause: "its keys could not be listed".
    pub(super) fn gap_reason(&self, failure: &str, permission: Permission, compartment: Option<&str>) -> String {
        match self.kind {
            CallErrorKind::Denied => {
                format!(
                    "{failure}: it does not exist, or a policy is missing, for example `{}`; {}",
                    permission.statement(compartment),
                    self.why
                )
            }
            CallErrorKind::Halted | CallErrorKind::Interrupted | CallErrorKind::Failed => format!("{failure}: {}", self.why),
        }
    }
}

/// Why the `managementEndpoint` of a vault is not called; a clause.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The vault has no `managementEndpoint`.
    #[error("the service names no management endpoint for it")]
    Missing,
    /// It is not a URL.
    #[error("its management endpoint is not an address")]
    NotAnAddress,
    /// The host is outside of the realm's domain.
    #[error("its management endpoint is at {host}, outside of {domain}: nothing is sent there")]
    OutsideOfRealm {
        /// The endpoint's host.
        host: String,
        /// The realm's domain.
        domain: String,
    },
    /// An `http` URL: a signed request can contain a session token.
    #[error("its management endpoint at {0} is not encrypted: nothing is sent there")]
    NotEncrypted(String),
}
