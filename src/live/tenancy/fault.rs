//! Every way in which an audit can fail, and the sentence for it. No secret ever gets into one: no token, no key, no passphrase.

use crate::base::disk::DiskError;
use crate::base::{Problem, ProblemKind};
use crate::live::permissions::Permission;
use std::path::PathBuf;

/// What a request cannot be signed without.
const NO_RANDOM_NUMBERS: &str = "the system provides no random numbers";

/// Why the audit cannot begin, or cannot go on with these credentials. One sentence without a full stop.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// No file and no environment.
    #[error("there are no credentials: {} does not exist and the environment has none", path.display())]
    NoCredentials {
        /// The config file that was looked for.
        path: PathBuf,
        /// Whether the environment holds a resource principal.
        is_resource_principal: bool,
    },
    /// The value of `OCI_CLI_AUTH` is not a way to authenticate.
    #[error("`OCI_CLI_AUTH` is `{0}`, which kmslint does not support")]
    UnknownAuth(String),
    /// A file that should be there.
    #[error("{what} {} cannot be read: {error}", path.display())]
    Unreadable {
        /// What the file is: "the private key".
        what: String,
        /// Its path.
        path: PathBuf,
        /// Why not.
        #[source]
        error: DiskError,
    },
    /// A bundle of certificates without one.
    #[error("the certificates {} cannot be read: the file has no certificate", .0.display())]
    NoCertificates(PathBuf),
    /// The config file is not INI.
    #[error("{} is not a valid OCI config file: {error}", path.display())]
    Config {
        /// Its path.
        path: PathBuf,
        /// What is wrong with which line.
        #[source]
        error: IniError,
    },
    /// No such profile.
    #[error("{} has no profile `{name}`", path.display())]
    NoProfile {
        /// The name.
        name: String,
        /// The config file.
        path: PathBuf,
        /// The profiles it has in addition to `DEFAULT`.
        others: Vec<String>,
    },
    /// A value that the profile does not have.
    #[error("{of} has no `{name}`")]
    MissingValue {
        /// The value's name.
        name: &'static str,
        /// Where it was looked for.
        of: String,
        /// The variable that can set it.
        variable: &'static str,
    },
    /// A value that should be an OCID.
    #[error("`{name}` of {of} is not an OCID such as `ocid1.{name}.oc1..…`")]
    NotAnOcid {
        /// The value's name.
        name: &'static str,
        /// Where it is.
        of: String,
    },
    /// A private key that cannot be used.
    #[error("the private key {of} {error}")]
    Key {
        /// Which key: a path, "of `OCI_CLI_KEY_CONTENT`".
        of: String,
        /// Why not.
        #[source]
        error: KeyError,
    },
    /// The fingerprint is of another key.
    #[error("the fingerprint {configured} does not belong to the private key {of}, whose fingerprint is {actual}")]
    WrongFingerprint {
        /// The fingerprint of the profile.
        configured: String,
        /// The key's.
        actual: String,
        /// Which key.
        of: String,
    },
    /// The session token is over.
    #[error("the session token {of} expired at {when}")]
    ExpiredToken {
        /// Which token.
        of: String,
        /// When.
        when: jiff::Timestamp,
        /// The profile that names it.
        profile: Option<String>,
    },
    /// The token is not a token.
    #[error("{0} does not hold a session token")]
    NotAToken(String),
    /// A profile's `authentication_type` is not a way to authenticate.
    #[error("`authentication_type` of {of} is `{word}`, which kmslint does not know")]
    UnknownAuthenticationType {
        /// The profile.
        of: String,
        /// The value.
        word: String,
    },
    /// Keys that a PKCS#11 token keeps.
    #[error("kmslint does not sign with keys of PKCS#11 tokens")]
    Pkcs11,
    /// The file of a delegation token holds none.
    #[error("{0} does not hold a delegation token")]
    NotADelegationToken(String),
    /// The delegation token is over.
    #[error("the delegation token {of} expired at {when}")]
    ExpiredDelegation {
        /// Which token.
        of: String,
        /// When.
        when: jiff::Timestamp,
    },
    /// `--auth oke_workload_identity` outside of a pod.
    #[error("there is no workload identity: `KUBERNETES_SERVICE_HOST` does not name the host of a cluster")]
    NoCluster,
    /// A resource principal of another version.
    #[error("`{variable}` is {version}, which is not supported: only 2.1, 2.1.1, 2.1.2, 2.2 and 3.0 are")]
    ResourcePrincipalVersion {
        /// The variable.
        variable: String,
        /// The version.
        version: String,
    },
    /// `--auth resource_principal` where there is none.
    #[error("there is no resource principal: `{0}` is not set")]
    NoResourcePrincipal(String),
    /// A variable that a resource principal needs.
    #[error("the resource principal is missing `{0}`")]
    ResourcePrincipalVariable(String),
    /// A variable that should be an encrypted address.
    #[error("`{0}` is not an address that begins with `https://`")]
    ResourcePrincipalEndpoint(String),
    /// A variable that should be a path.
    #[error("`{0}` is not a path that begins with `/`")]
    ResourcePrincipalPath(String),
    /// The next resource outwards is somewhere else.
    #[error("the tokens of the next resource principal cannot be read: {0}")]
    ResourcePrincipalParent(EndpointError),
    /// Resources that contain each other.
    #[error("the nested resource principals have no end")]
    EndlessResourcePrincipal,
    /// Not on an instance, most likely.
    #[error("the instance's metadata service at {base} cannot be used: {why}")]
    NoMetadata {
        /// Its address.
        base: String,
        /// A clause.
        why: String,
    },
    /// What `OCI_METADATA_BASE_URL` says is not an address.
    #[error("`OCI_METADATA_BASE_URL` is `{0}`, which is not an address")]
    MetadataAddress(String),
    /// What the metadata service gave is not an instance's certificate.
    #[error("the certificate of the instance's metadata service cannot be used: {0}")]
    Certificate(CertificateError),
    /// No key for a session can be made.
    #[error("{NO_RANDOM_NUMBERS} for a session key")]
    NoSessionKey,
    /// The service gives no token for what proves who asks.
    #[error("{host} returned no session token: {why}")]
    NoSession {
        /// The service.
        host: String,
        /// A clause.
        why: String,
    },
    /// `--compartment` is not an OCID of one.
    #[error("`--compartment {0}` is not a compartment's OCID")]
    NotACompartment(String),
    /// Neither the profile nor an argument names a region.
    #[error("there is no region")]
    NoRegion,
    /// The name of a region cannot be one.
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
    /// A file about regions that cannot be read.
    #[error("{path} cannot be read: {error}")]
    RegionFile {
        /// Its path.
        path: String,
        /// Why not.
        #[source]
        error: DiskError,
    },
    /// A file or variable about regions that does not parse.
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
    /// `--endpoint` is not an address.
    #[error("`--endpoint {0}` is not an address")]
    EndpointAddress(String),
    /// `--endpoint` is not encrypted.
    #[error("`--endpoint {0}` is not encrypted")]
    OpenEndpoint(String),
    /// A variable that should name a proxy. Its value may hold a password, so it is not here.
    #[error("`{0}` is not the address of a proxy")]
    ProxyAddress(&'static str),
    /// 401, and the clocks differ.
    #[error("this machine's clock is {} minutes {} the service's, which accepts 5: {why}", minutes(*seconds), if *seconds < 0 { "slower than" } else { "ahead of" })]
    ClockSkew {
        /// By how much this machine's clock is ahead.
        seconds: i64,
        /// What the service says.
        why: String,
    },
    /// 401 for any other reason, with a token.
    #[error("the session token of {of} is not accepted in {region}: {why}; is the region subscribed to?")]
    TokenNotAccepted {
        /// Whose.
        of: String,
        /// Where.
        region: String,
        /// What the service says.
        why: String,
    },
    /// 401 for any other reason.
    #[error(
        "the credentials of {of} are not accepted in {region}: {why}; is the API key still registered, the user active, and the region subscribed to?"
    )]
    NotAccepted {
        /// Whose.
        of: String,
        /// Where.
        region: String,
        /// What the service says.
        why: String,
    },
    /// What already ended the audit of a region.
    #[error("{why}")]
    Halted {
        /// A clause.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// `--resume` names another tenancy's inventory.
    #[error("the inventory to resume is of {saved}, and the credentials are of {ours}")]
    OtherTenancy {
        /// Whose the inventory is.
        saved: String,
        /// Whose the credentials are.
        ours: String,
    },
}

/// Seconds in minutes, rounded.
fn minutes(seconds: i64) -> i64 {
    (seconds.abs() + 30) / 60
}

/// What is wrong with an INI file. Never a value: it may be a passphrase.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IniError {
    /// A section that is there already.
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
    /// A value that is there already.
    #[error("line {line}: `{key}` is set twice in `[{section}]`")]
    SetTwice {
        /// From 1.
        line: usize,
        /// The value's name.
        key: String,
        /// The section.
        section: String,
    },
    /// A key in a config file: Oracle's tools refuse it there.
    #[error("`key_content` is only allowed as `OCI_CLI_KEY_CONTENT`")]
    KeyContent,
}

/// Why a private key cannot be used; a clause after its name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The PEM holds no private key.
    #[error("cannot be read: it has no `-----BEGIN … PRIVATE KEY-----` block")]
    NoBlock,
    /// The block holds other characters.
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
    /// The header that names the cipher.
    #[error("cannot be read: its `DEK-Info` is broken")]
    DekInfo,
    /// Below 2048 bits.
    #[error("cannot be read: it has less than 2048 bits")]
    TooSmall,
    /// Above 4096 bits.
    #[error("cannot be read: it has more than 4096 bits")]
    TooLarge,
    /// A key of another algorithm in an RSA key's wrapping.
    #[error("cannot be read: it is not an RSA key")]
    NotRsa,
    /// Anything else that is not a key.
    #[error("cannot be read: it is not a valid RSA key")]
    Invalid,
    /// The key is encrypted and no passphrase is given.
    #[error("is encrypted and there is no passphrase")]
    NoPassphrase,
    /// The passphrase does not fit.
    #[error("cannot be decrypted: the passphrase is wrong")]
    WrongPassphrase,
    /// Encrypted in a way we do not undo.
    #[error("is encrypted with {0}, which kmslint does not read")]
    Encryption(String),
}

/// Why a certificate is not an instance's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no PEM block of one.
    #[error("not a PEM certificate")]
    NotPem,
    /// What is in the block is not X.509.
    #[error("not an X.509 certificate")]
    NotX509,
    /// Neither attribute of the subject is there.
    #[error("its subject names no tenancy")]
    NoTenancy,
    /// It is of another key.
    #[error("it does not belong to the private key there")]
    OtherKey,
}

impl LiveError {
    /// What to do, one sentence without a full stop.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoCredentials { is_resource_principal: true, .. } => {
                "this seems to run inside of an OCI service: use `--auth resource_principal`"
            }
            Self::NoCredentials { .. } => {
                "run `oci setup config`, set `OCI_CLI_USER`, `OCI_CLI_TENANCY`, `OCI_CLI_FINGERPRINT`, `OCI_CLI_REGION` and `OCI_CLI_KEY_CONTENT`, or choose with `--auth`"
            }
            Self::UnknownAuth(_) => "use `api_key`, `security_token`, `resource_principal` or `instance_principal`",
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
                "it holds `realmKey`, `realmDomainComponent`, `regionKey` and `regionIdentifier` of each region, as JSON"
            }
            Self::NoSubscriptions(_) => "name them with `--region`",
            Self::EndpointAddress(_) => "write `https://HOST[:PORT][/PATH]`; `{region}` and `{service}` in it are filled in",
            Self::OpenEndpoint(_) => "use `https`; `http` is accepted for 127.0.0.1, [::1] and localhost only",
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

/// Why no answer came back; each with a clause.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    /// Worth another attempt: a timeout, a lost connection.
    #[error("{0}")]
    Passing(String),
    /// Nothing listens there, there is no such host, or no route to it. Worth another attempt only where the network worked before.
    #[error("{0}")]
    Unreachable(String),
    /// The audit ended while the call was under way.
    #[error("the audit ended before there was an answer")]
    Abandoned,
    /// Not worth one: a certificate that is not trusted, a body beyond all bounds.
    #[error("{0}")]
    Lasting(String),
}

impl TransportError {
    /// The request could not be signed.
    pub(super) fn unsigned() -> Self {
        Self::Lasting(format!("the request could not be signed: {NO_RANDOM_NUMBERS}"))
    }
}

/// What kind of thing went wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallErrorKind {
    /// 404 and 403: there is no such thing, or we may not see it. The service does not tell which.
    Denied,
    /// The credentials are not accepted here, or nothing can be reached: all further calls end so.
    Halted,
    /// The user interrupted the audit, or its deadline passed: all further calls end so.
    Over,
    /// Anything else.
    Failed,
}

/// Why a call gave nothing, or not everything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct CallError {
    /// The kind.
    pub kind: CallErrorKind,
    /// A clause: "the service answered 500 InternalServerError (request 5A…)".
    pub why: String,
    /// What to do, where that follows from the kind of fault.
    pub help: Option<String>,
}

impl CallError {
    /// A call that failed for no reason of its own kind.
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self { kind: CallErrorKind::Failed, why: why.into(), help: None }
    }

    /// What a part could not be read for. `doing` says which: "its keys could not be listed".
    pub(super) fn gap(&self, doing: &str, permission: Permission, compartment: Option<&str>) -> String {
        match self.kind {
            CallErrorKind::Denied => {
                format!(
                    "{doing}: it does not exist, or a policy is missing, for example `{}`; {}",
                    permission.statement(compartment),
                    self.why
                )
            }
            CallErrorKind::Halted | CallErrorKind::Over | CallErrorKind::Failed => format!("{doing}: {}", self.why),
        }
    }
}

/// Why the `managementEndpoint` of a vault is not called; a clause.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The service does not give one.
    #[error("the service names no management endpoint for it")]
    Unnamed,
    /// It is not an address.
    #[error("its management endpoint is not an address")]
    NotAnAddress,
    /// A host that the realm does not own.
    #[error("its management endpoint is at {host}, outside of {domain}: nothing is sent there")]
    OutsideOfRealm {
        /// The endpoint's host.
        host: String,
        /// The realm's domain.
        domain: String,
    },
    /// Anyone on the way could read the request.
    #[error("its management endpoint at {0} is not encrypted: nothing is sent there")]
    NotEncrypted(String),
}
