//! The hosts that requests may be sent to: those in the realm's domain that the service names, and the endpoint that the user names.
//!
//! A signed request reveals a session token to its receiver. So a host is never taken from scanned files, and a host that the service names
//! outside of its realm is rejected.

use super::regions::Region;
use crate::live::tenancy::fault::{EndpointError, LiveError};

/// The services that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Compartments and region subscriptions.
    Identity,
    /// Vaults.
    Vaults,
    /// Session tokens for instances.
    Auth,
}

/// The metadata service of an instance, at link-local addresses, which routers do not forward.
const METADATA: [&str; 2] = ["http://169.254.169.254/opc/v2", "http://[fd00:c1::a9fe:a9fe]/opc/v2"];

/// The start of a URL: scheme, host, port and, for some endpoints, a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BaseUrl {
    scheme: String,
    authority: String,
    path: String,
}

impl BaseUrl {
    /// Parses `https://host[:port][/path]`; the default scheme is `https`.
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("https", text.trim()));
        let scheme = scheme.to_ascii_lowercase();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // No `@`, `?`, `#` or backslash, so that the host that is checked here is the one that the HTTP client connects to.
        let is_valid_host = authority.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
        let is_valid_path = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
        let is_known_scheme = matches!(scheme.as_str(), "https" | "http");
        let base = Self { scheme, authority: authority.to_ascii_lowercase(), path: path.trim_end_matches('/').to_owned() };
        (is_known_scheme && is_valid_host && is_valid_path && !base.host().is_empty()).then_some(base)
    }

    /// The host without the port.
    pub(crate) fn host(&self) -> &str {
        if self.authority.starts_with('[') {
            return self.authority.split_inclusive(']').next().unwrap_or_default();
        }
        self.authority.split(':').next().unwrap_or_default()
    }

    /// Host and port as they are sent: without the default port of the scheme.
    pub(crate) fn authority(&self) -> &str {
        let default_port = if self.scheme == "https" { ":443" } else { ":80" };
        self.authority.strip_suffix(default_port).unwrap_or(&self.authority)
    }

    /// Path and query as they are sent.
    pub(crate) fn target(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.path)
    }

    /// The complete URL.
    pub(crate) fn url(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.authority())
    }

    fn is_loopback(&self) -> bool {
        matches!(self.host(), "127.0.0.1" | "[::1]" | "localhost")
    }

    /// Whether requests to another machine would be sent unencrypted.
    fn is_plaintext(&self) -> bool {
        self.scheme != "https" && !self.is_loopback()
    }
}

/// The base URL of a service in a region. `endpoint` is the value of `--endpoint`.
///
/// # Errors
/// `endpoint` is not a URL, or is not encrypted.
pub(crate) fn service(endpoint: Option<&str>, service: Service, region: &Region) -> Result<BaseUrl, LiveError> {
    let Some(template) = endpoint else {
        let host = match service {
            // Only the identity service has `.oci.` in its host, as in the templates of Oracle's SDKs.
            Service::Identity => format!("identity.{}.oci.{}", region.name, region.domain),
            Service::Vaults => format!("kms.{}.{}", region.name, region.domain),
            Service::Auth => format!("auth.{}.{}", region.name, region.domain),
        };
        return Ok(BaseUrl { scheme: "https".to_owned(), authority: host, path: String::new() });
    };
    let name = match service {
        Service::Identity => "identity",
        Service::Vaults => "kms",
        Service::Auth => "auth",
    };
    let base = BaseUrl::read(&template.replace("{region}", &region.name).replace("{service}", name))
        .ok_or_else(|| LiveError::EndpointAddress(template.to_owned()))?;
    if base.is_plaintext() {
        return Err(LiveError::PlaintextEndpoint(template.to_owned()));
    }
    Ok(base)
}

/// The base URLs of the instance's metadata service, in the order to try them. `named` is the value of `OCI_METADATA_BASE_URL`.
///
/// # Errors
/// `named` is not a URL.
pub(crate) fn metadata(named: Option<&str>) -> Result<Vec<BaseUrl>, LiveError> {
    let Some(text) = named else {
        return Ok(METADATA.into_iter().filter_map(BaseUrl::read).collect());
    };
    let base = BaseUrl::read(text).ok_or_else(|| LiveError::MetadataAddress(text.to_owned()))?;
    Ok(vec![base])
}

/// The base URL of a token service that the environment names. `None` if it is not a URL, or is not encrypted.
pub(crate) fn token_service(text: &str) -> Option<BaseUrl> {
    BaseUrl::read(text).filter(|base| !base.is_plaintext())
}

/// The token service of a Kubernetes Engine cluster, at the host that `KUBERNETES_SERVICE_HOST` names.
pub(crate) fn cluster(host: &str) -> Option<BaseUrl> {
    const PORT: u16 = 12250;
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    BaseUrl::read(&format!("https://{host}:{PORT}")).filter(|base| base.path.is_empty() && !host.contains('/'))
}

/// Checks and parses the `managementEndpoint` of a vault. `custom` is the base URL of the vault service if the user named an endpoint.
///
/// # Errors
/// It is not a URL, not encrypted, or outside of the realm.
pub(crate) fn management(text: &str, region: &Region, custom: Option<&BaseUrl>) -> Result<BaseUrl, EndpointError> {
    let base = BaseUrl::read(text).ok_or(EndpointError::NotAnAddress)?;
    // Require a dot before the domain: `eviloraclecloud.com` ends in `oraclecloud.com` too.
    let is_within = |domain: &str| base.host() == domain || base.host().strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let is_trusted = is_within(&region.domain) || custom.is_some_and(|custom| is_within(custom.host()));
    // The session token is part of each signature, so the receiver of a request could use it.
    if !is_trusted {
        return Err(EndpointError::OutsideOfRealm { host: base.host().to_owned(), domain: region.domain.clone() });
    }
    if base.scheme != "https" && !(base.is_loopback() && custom.is_some_and(BaseUrl::is_loopback)) {
        return Err(EndpointError::NotEncrypted(base.host().to_owned()));
    }
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region() -> Region {
        Region { name: "eu-frankfurt-1".to_owned(), code: None, domain: "oraclecloud.com".to_owned() }
    }

    #[test]
    fn services_are_in_the_domain_of_the_realm_or_at_the_custom_endpoint() {
        let url = |service| super::service(None, service, &region()).unwrap().url("/x");
        assert_eq!(url(Service::Identity), "https://identity.eu-frankfurt-1.oci.oraclecloud.com/x");
        assert_eq!(url(Service::Vaults), "https://kms.eu-frankfurt-1.oraclecloud.com/x");
        assert_eq!(url(Service::Auth), "https://auth.eu-frankfurt-1.oraclecloud.com/x");
        let custom = service(Some("http://localhost:8080/{region}/{service}/"), Service::Vaults, &region()).unwrap();
        assert_eq!(custom.url(&custom.target("/v?a=b")), "http://localhost:8080/eu-frankfurt-1/kms/v?a=b");
        for wrong in ["http://kms.example.com", "ftp://localhost", "https://", "https://user@host", "https://a b"] {
            assert!(service(Some(wrong), Service::Vaults, &region()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn metadata_service_is_link_local_or_named_by_the_user() {
        let hosts = |named| metadata(named).unwrap().iter().map(|base| base.url(&base.target("/x"))).collect::<Vec<_>>();
        assert_eq!(hosts(None), ["http://169.254.169.254/opc/v2/x", "http://[fd00:c1::a9fe:a9fe]/opc/v2/x"]);
        assert_eq!(hosts(Some("http://127.0.0.1:80/opc/v2/")), ["http://127.0.0.1/opc/v2/x"]);
        assert!(metadata(Some("file:///etc")).is_err());
    }

    #[test]
    fn management_endpoint_outside_of_the_realm_is_rejected() {
        for text in ["https://v-management.kms.eu-frankfurt-1.oraclecloud.com", "V-management.kms.eu-frankfurt-1.oraclecloud.com:443"] {
            assert_eq!(management(text, &region(), None).unwrap().authority(), "v-management.kms.eu-frankfurt-1.oraclecloud.com");
        }
        for text in [
            "https://evil.example",
            "https://evil-oraclecloud.com",
            "https://oraclecloud.com.evil.example",
            "https://x.oraclecloud.com@evil.example",
            "https://evil.example/x.oraclecloud.com",
            "https://evil.example#.oraclecloud.com",
            "http://v.kms.eu-frankfurt-1.oraclecloud.com",
            "http://127.0.0.1:1",
            "",
        ] {
            assert!(management(text, &region(), None).is_err(), "{text}");
        }
        let custom = service(Some("http://127.0.0.1:9"), Service::Vaults, &region()).unwrap();
        assert!(management("http://127.0.0.1:10/v", &region(), Some(&custom)).is_ok());
        assert!(management("http://localhost:10/v", &region(), Some(&custom)).is_err());
    }
}
