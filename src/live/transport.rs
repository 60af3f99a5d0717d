//! HTTP: the only file that names the client. No redirects, TLS always verified, proxies of the environment, every wait bounded.

use super::auth::expand;
use super::errors::{self, Trouble};
use super::request::Request;
use crate::base::disk;
use std::io::Read;
use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

/// The largest body that is read: 64 MiB. A page of 1,000 keys with every tag is below 4 MiB.
const BODY_CAP: u64 = 64 << 20;

/// The way to the service.
pub struct Transport {
    agent: Agent,
}

/// What came back, whatever the status.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `opc-next-page`.
    pub next_page: Option<String>,
    /// `opc-request-id`.
    pub request_id: Option<String>,
    /// `date`: the service's time.
    pub date: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing came back; each with a clause.
pub enum Failure {
    /// Worth another attempt: a timeout, a lost connection.
    Passing(String),
    /// Not worth one: a certificate that is not trusted, a body beyond all bounds.
    Lasting(String),
}

impl Transport {
    /// Sets up TLS, proxies and timeouts.
    ///
    /// # Errors
    /// The bundle of certificates or the proxy's address cannot be read.
    pub fn new(request: &Request) -> Result<Self, Trouble> {
        Self::through(request, proxy(request)?)
    }

    /// The same without a proxy: only this machine reaches its own metadata.
    ///
    /// # Errors
    /// The bundle of certificates cannot be read.
    pub fn direct(request: &Request) -> Result<Self, Trouble> {
        Self::through(request, None)
    }

    fn through(request: &Request, proxy: Option<Proxy>) -> Result<Self, Trouble> {
        let roots = match ca_bundle(request) {
            Some(path) => {
                let path = expand(request, &path);
                let text =
                    disk::read(&path, 16 << 20).map_err(|error| errors::unreadable("the certificates", &path, &error.to_string()))?;
                let certificates: Vec<_> =
                    parse_pem(&text).filter_map(|item| if let Ok(PemItem::Certificate(one)) = item { Some(one) } else { None }).collect();
                if certificates.is_empty() {
                    return Err(errors::unreadable("the certificates", &path, "there is no certificate in it"));
                }
                RootCerts::from(certificates)
            }
            None => RootCerts::PlatformVerifier,
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .proxy(proxy)
            .timeout_connect(Some(request.timeouts.connect))
            .timeout_recv_response(Some(request.timeouts.read))
            .timeout_recv_body(Some(request.timeouts.read))
            .user_agent(concat!("kmslint/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Ok(Self { agent: config.into() })
    }

    /// One GET with these headers.
    ///
    /// # Errors
    /// No whole answer came back.
    pub fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, Failure> {
        let mut call = self.agent.get(url);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        received(call.call())
    }

    /// One POST with these headers.
    ///
    /// # Errors
    /// No whole answer came back.
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, Failure> {
        let mut call = self.agent.post(url);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        received(call.send(body))
    }
}

/// Reads the whole answer.
fn received(response: Result<Response<Body>, ureq::Error>) -> Result<Answer, Failure> {
    let mut response = response.map_err(failure)?;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (next_page, request_id, date) = (header("opc-next-page"), header("opc-request-id"), header("date"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let mut reader = response.body_mut().as_reader().take(BODY_CAP + 1);
    reader.read_to_end(&mut body).map_err(|error| failure(error.into()))?;
    if body.len() as u64 > BODY_CAP {
        return Err(Failure::Lasting(format!("the answer is larger than {} MiB", BODY_CAP >> 20)));
    }
    Ok(Answer { status, next_page, request_id, date, body })
}

/// `--ca-bundle`, then the variables that OCI's command line and Python's `requests` read.
fn ca_bundle(request: &Request) -> Option<String> {
    let variables = ["OCI_CLI_CERT_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];
    let named = request.ca_bundle.as_ref().map(|path| path.display().to_string());
    named.or_else(|| variables.into_iter().find_map(|name| request.var(name)).map(str::to_owned))
}

/// The proxy of the environment. All calls that matter are HTTPS; upper-case `HTTP_PROXY` is not honoured, as in curl.
fn proxy(request: &Request) -> Result<Option<Proxy>, Trouble> {
    let found = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find_map(|name| Some((name, request.var(name)?)));
    let Some((name, address)) = found else {
        return Ok(None);
    };
    // The address may hold a password: the error must not show it.
    let broken =
        |_| Trouble::helped(format!("`{name}` is not the address of a proxy"), "write `http://HOST:PORT` or `socks5h://HOST:PORT`");
    let plain = Proxy::new(address).map_err(broken)?;
    let mut builder = Proxy::builder(plain.protocol()).host(plain.host()).port(plain.port());
    if let Some(user) = plain.username() {
        builder = builder.username(user);
    }
    if let Some(password) = plain.password() {
        builder = builder.password(password);
    }
    // Tests and special networks listen on this machine; no proxy can reach that.
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        builder = builder.no_proxy(host);
    }
    let exceptions = request.var("NO_PROXY").or_else(|| request.var("no_proxy")).unwrap_or_default();
    for host in exceptions.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        builder = builder.no_proxy(host);
    }
    builder.build().map(Some).map_err(broken)
}

/// What the client says, in a clause.
fn failure(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::Passing("there was no answer in time".to_owned()),
        ureq::Error::HostNotFound => Failure::Passing("the host's name cannot be resolved".to_owned()),
        ureq::Error::Io(error) => match error.downcast::<ureq::Error>() {
            // Errors while the body is read come wrapped.
            Ok(inner) => failure(inner),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) => {
                Failure::Passing("there was no answer in time".to_owned())
            }
            // What TLS refuses comes as invalid data, and is as invalid the next time.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => not_trusted(&error.to_string()),
            Err(error) => Failure::Passing(format!("the connection failed ({error})")),
        },
        ureq::Error::Rustls(error) => not_trusted(&error.to_string()),
        ureq::Error::Tls(error) => Failure::Lasting(format!("no encrypted connection was made ({error})")),
        ureq::Error::ConnectProxyFailed(error) => Failure::Passing(format!("the proxy refused ({error})")),
        error => Failure::Passing(format!("the connection failed ({error})")),
    }
}

/// A connection that TLS did not let come about.
fn not_trusted(error: &str) -> Failure {
    if error.contains("UnknownIssuer") {
        let hint = "behind a proxy that opens connections, name its certificate with `--ca-bundle`";
        return Failure::Lasting(format!("the server's certificate is not accepted ({error}); {hint}"));
    }
    let what = if error.contains("certificate") { "the server's certificate is not accepted" } else { "no encrypted connection was made" };
    Failure::Lasting(format!("{what} ({error})"))
}
