//! Where requests may go: hosts of the service's own answers that end in the realm's domain, or the endpoint the user named.
//!
//! A signed request shows whoever receives it a session token. So no host is ever taken from scanned files, and one that the service
//! names outside of its realm is refused.

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

/// Where an instance finds its metadata: link-local addresses, which no router passes on.
const METADATA: [&str; 2] = ["http://169.254.169.254/opc/v2", "http://[fd00:c1::a9fe:a9fe]/opc/v2"];

/// The beginning of an address: scheme, host, port and, for special endpoints, a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Base {
    scheme: String,
    authority: String,
    path: String,
}

impl Base {
    /// Reads `https://host[:port][/path]`; without a scheme it is `https`.
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("https", text.trim()));
        let scheme = scheme.to_ascii_lowercase();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // Without `@`, `?`, `#` and a backslash in it, the host that is checked here is the one that the client connects to.
        let clean_host = authority.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
        let clean_path = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
        let known = matches!(scheme.as_str(), "https" | "http");
        let base = Self { scheme, authority: authority.to_ascii_lowercase(), path: path.trim_end_matches('/').to_owned() };
        (known && clean_host && clean_path && !base.host().is_empty()).then_some(base)
    }

    /// The host without the port.
    pub(crate) fn host(&self) -> &str {
        if self.authority.starts_with('[') {
            return self.authority.split_inclusive(']').next().unwrap_or_default();
        }
        self.authority.split(':').next().unwrap_or_default()
    }

    /// Host and port as they are sent: no port where it is the scheme's own.
    pub(crate) fn authority(&self) -> &str {
        let usual = if self.scheme == "https" { ":443" } else { ":80" };
        self.authority.strip_suffix(usual).unwrap_or(&self.authority)
    }

    /// Path and query as they are sent.
    pub(crate) fn target(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.path)
    }

    /// The complete address.
    pub(crate) fn url(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.authority())
    }

    fn is_loopback(&self) -> bool {
        matches!(self.host(), "127.0.0.1" | "[::1]" | "localhost")
    }

    /// Whether what is sent there can be read on the way.
    fn is_open(&self) -> bool {
        self.scheme != "https" && !self.is_loopback()
    }
}

/// Fills in the address of a service in a region.
///
/// # Errors
/// The endpoint the user named is none, or is not encrypted.
pub(crate) fn service(endpoint: Option<&str>, service: Service, region: &Region) -> Result<Base, LiveError> {
    let Some(template) = endpoint else {
        let host = match service {
            // Identity alone has `.oci.` in its host: so the table of Oracle's SDKs has it.
            Service::Identity => format!("identity.{}.oci.{}", region.name, region.domain),
            Service::Vaults => format!("kms.{}.{}", region.name, region.domain),
            Service::Auth => format!("auth.{}.{}", region.name, region.domain),
        };
        return Ok(Base { scheme: "https".to_owned(), authority: host, path: String::new() });
    };
    let name = match service {
        Service::Identity => "identity",
        Service::Vaults => "kms",
        Service::Auth => "auth",
    };
    let base = Base::read(&template.replace("{region}", &region.name).replace("{service}", name))
        .ok_or_else(|| LiveError::EndpointAddress(template.to_owned()))?;
    if base.is_open() {
        return Err(LiveError::OpenEndpoint(template.to_owned()));
    }
    Ok(base)
}

/// The addresses of the instance's metadata service, to be tried in this order. `named`: the value of `OCI_METADATA_BASE_URL`.
///
/// # Errors
/// What is named is no address.
pub(crate) fn metadata(named: Option<&str>) -> Result<Vec<Base>, LiveError> {
    let Some(text) = named else {
        return Ok(METADATA.into_iter().filter_map(Base::read).collect());
    };
    let base = Base::read(text).ok_or_else(|| LiveError::MetadataAddress(text.to_owned()))?;
    Ok(vec![base])
}

/// An address that the environment names, for a service that gives tokens. `None`: it is not one, or is not encrypted.
pub(crate) fn named(text: &str) -> Option<Base> {
    Base::read(text).filter(|base| !base.is_open())
}

/// Where a Kubernetes Engine cluster exchanges tokens: the port of the host that `KUBERNETES_SERVICE_HOST` names.
pub(crate) fn cluster(host: &str) -> Option<Base> {
    const PORT: u16 = 12250;
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    Base::read(&format!("https://{host}:{PORT}")).filter(|base| base.path.is_empty() && !host.contains('/'))
}

/// Takes in the `managementEndpoint` of a vault. `ours`: the address of the vault service if the user named it.
///
/// # Errors
/// It is not an address, not encrypted, or outside of the realm.
pub(crate) fn management(text: &str, region: &Region, ours: Option<&Base>) -> Result<Base, EndpointError> {
    let base = Base::read(text).ok_or(EndpointError::NotAnAddress)?;
    // A dot has to come before the domain: `eviloraclecloud.com` ends in `oraclecloud.com`, too.
    let within = |domain: &str| base.host() == domain || base.host().strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let trusted = within(&region.domain) || ours.is_some_and(|ours| within(ours.host()));
    // A session's token is part of each signature, so that the receiver of a request could use it.
    if !trusted {
        return Err(EndpointError::OutsideOfRealm { host: base.host().to_owned(), domain: region.domain.clone() });
    }
    if base.scheme != "https" && !(base.is_loopback() && ours.is_some_and(Base::is_loopback)) {
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
    fn addresses_of_services_are_the_realms() {
        let url = |service| super::service(None, service, &region()).unwrap().url("/x");
        assert_eq!(url(Service::Identity), "https://identity.eu-frankfurt-1.oci.oraclecloud.com/x");
        assert_eq!(url(Service::Vaults), "https://kms.eu-frankfurt-1.oraclecloud.com/x");
        assert_eq!(url(Service::Auth), "https://auth.eu-frankfurt-1.oraclecloud.com/x");
        let own = service(Some("http://localhost:8080/{region}/{service}/"), Service::Vaults, &region()).unwrap();
        assert_eq!(own.url(&own.target("/v?a=b")), "http://localhost:8080/eu-frankfurt-1/kms/v?a=b");
        for wrong in ["http://kms.example.com", "ftp://localhost", "https://", "https://user@host", "https://a b"] {
            assert!(service(Some(wrong), Service::Vaults, &region()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn metadata_come_from_this_machines_link_or_from_where_the_user_says() {
        let hosts = |named| metadata(named).unwrap().iter().map(|base| base.url(&base.target("/x"))).collect::<Vec<_>>();
        assert_eq!(hosts(None), ["http://169.254.169.254/opc/v2/x", "http://[fd00:c1::a9fe:a9fe]/opc/v2/x"]);
        assert_eq!(hosts(Some("http://127.0.0.1:80/opc/v2/")), ["http://127.0.0.1/opc/v2/x"]);
        assert!(metadata(Some("file:///etc")).is_err());
    }

    #[test]
    fn nothing_is_sent_outside_of_the_realm() {
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
        let ours = service(Some("http://127.0.0.1:9"), Service::Vaults, &region()).unwrap();
        assert!(management("http://127.0.0.1:10/v", &region(), Some(&ours)).is_ok());
        assert!(management("http://localhost:10/v", &region(), Some(&ours)).is_err());
    }
}
