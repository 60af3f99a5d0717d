//! HTTP, in the only file that uses the client's API. No redirects, TLS is always verified, proxies come from the environment, and all
//! waits have a timeout.

use super::response::HttpResponse;
use crate::base::disk;
use crate::live::tenancy::fault::{LiveError, TransportError};
use crate::live::{AuditRequest, Clock};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

/// The maximum size of a body: 64 MiB. A page of 1,000 keys with all their tags is below 4 MiB.
const BODY_CAP: u64 = 64 << 20;

/// The maximum size of a CA bundle: 16 MiB. Those of operating systems are below 1 MiB.
const BUNDLE_CAP: u64 = 16 << 20;

/// How often a pending call checks whether the audit should end.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Sends requests.
#[derive(Clone)]
pub(crate) struct Transport {
    agent: Agent,
    clock: Arc<dyn Clock>,
    deadline: Duration,
    /// The environment variable that names the proxy, if there is one.
    proxy: Option<&'static str>,
}

impl Transport {
    /// Sets up TLS, proxies and timeouts.
    ///
    /// # Errors
    /// The CA bundle cannot be read, or the proxy's address is invalid.
    pub(crate) fn new(request: &AuditRequest) -> Result<Self, LiveError> {
        Self::with_proxy(request, proxy(request)?)
    }

    /// Like [`Self::new`], but without a proxy: a proxy cannot reach this machine's metadata service.
    ///
    /// # Errors
    /// The CA bundle cannot be read.
    pub(crate) fn direct(request: &AuditRequest) -> Result<Self, LiveError> {
        Self::with_proxy(request, None)
    }

    /// Like [`Self::direct`], but trusts only these certificates: those of a cluster.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub(crate) fn trusting(request: &AuditRequest, certificates: &Path) -> Result<Self, LiveError> {
        Self::build(request, None, Some(certificates.to_path_buf()))
    }

    fn with_proxy(request: &AuditRequest, proxy: Option<(&'static str, Proxy)>) -> Result<Self, LiveError> {
        Self::build(request, proxy, ca_bundle(request).map(|path| request.expand(&path)))
    }

    fn build(request: &AuditRequest, proxy: Option<(&'static str, Proxy)>, certificates: Option<PathBuf>) -> Result<Self, LiveError> {
        let (variable, proxy) = proxy.unzip();
        let roots = match certificates {
            Some(path) => {
                let text = disk::read(&path, BUNDLE_CAP).map_err(|error| LiveError::Unreadable {
                    what: "the certificates".to_owned(),
                    path: path.clone(),
                    error,
                })?;
                let certificates: Vec<_> = parse_pem(&text)
                    .filter_map(|item| if let Ok(PemItem::Certificate(certificate)) = item { Some(certificate) } else { None })
                    .collect();
                if certificates.is_empty() {
                    return Err(LiveError::NoCertificates(path));
                }
                RootCerts::from(certificates)
            }
            None => RootCerts::PlatformVerifier,
        };
        let config = Agent::config_builder()
            // The body of a 4xx contains the code and the message that users need.
            .http_status_as_error(false)
            // A signature is for one host and path, and must not be sent to another.
            .max_redirects(0)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .proxy(proxy)
            .timeout_connect(Some(request.timeouts.connect))
            .timeout_recv_response(Some(request.timeouts.read))
            .timeout_recv_body(Some(request.timeouts.read))
            .user_agent(concat!("kmslint/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Ok(Self { agent: config.into(), clock: Arc::clone(&request.clock), deadline: request.deadline, proxy: variable })
    }

    /// What to do if a host cannot be reached.
    pub(crate) fn advice(&self) -> String {
        match self.proxy {
            Some(variable) => {
                format!("Check that the proxy in `{variable}` can be reached; list hosts that need no proxy in `NO_PROXY`")
            }
            None => "Check the network, DNS and the name of the region; set `HTTPS_PROXY` where a proxy is needed, \
                     or `--endpoint` for another address"
                .to_owned(),
        }
    }

    /// Sends a GET request with these headers.
    ///
    /// # Errors
    /// There is no complete response.
    pub(crate) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<HttpResponse, TransportError> {
        let mut call = self.agent.get(url);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        self.run_interruptibly(move || read_response(call.call()))
    }

    /// Sends a POST request with these headers.
    ///
    /// # Errors
    /// There is no complete response.
    pub(crate) fn post(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<HttpResponse, TransportError> {
        let mut call = self.agent.post(url);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        let body = body.to_vec();
        self.run_interruptibly(move || read_response(call.send(&body)))
    }

    /// Runs a call on its own thread and waits for it until the audit ends. The client cannot be interrupted, and a service that accepts a
    /// connection but does not respond would delay the end of an interrupted audit by a minute. The thread of such a call is abandoned.
    fn run_interruptibly(
        &self,
        call: impl FnOnce() -> Result<HttpResponse, TransportError> + Send + 'static,
    ) -> Result<HttpResponse, TransportError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let started = thread::Builder::new().spawn(move || drop(sender.send(call())));
        started.map_err(|error| TransportError::Transient(format!("cannot start a thread for the call ({error})")))?;
        loop {
            match receiver.recv_timeout(POLL_INTERVAL) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if self.clock.is_interrupted() || self.clock.elapsed() >= self.deadline => {
                    return Err(TransportError::Abandoned);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(TransportError::Permanent("the HTTP client failed".to_owned())),
            }
        }
    }
}

/// Reads the complete response.
fn read_response(response: Result<Response<Body>, ureq::Error>) -> Result<HttpResponse, TransportError> {
    let mut response = response.map_err(transport_error)?;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (next_page, request_id, date) = (header("opc-next-page"), header("opc-request-id"), header("date"));
    let (retry_after, parent) = (header("retry-after"), header("opc-parent-rpt-url"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let mut reader = response.body_mut().as_reader().take(BODY_CAP + 1);
    reader.read_to_end(&mut body).map_err(|error| transport_error(error.into()))?;
    if body.len() as u64 > BODY_CAP {
        return Err(TransportError::Permanent(format!("the answer is larger than {} MiB", BODY_CAP >> 20)));
    }
    Ok(HttpResponse { status, next_page, request_id, date, retry_after, parent, body })
}

/// The CA bundle: `--ca-bundle`, or the variables that the OCI CLI and Python's `requests` read.
fn ca_bundle(request: &AuditRequest) -> Option<String> {
    let variables = ["OCI_CLI_CERT_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];
    let named = request.ca_bundle.as_ref().map(|path| path.display().to_string());
    named.or_else(|| variables.into_iter().find_map(|name| request.var(name)).map(str::to_owned))
}

/// The proxy of the environment. Variables for HTTP are not read, because all calls through a proxy use HTTPS.
fn proxy(request: &AuditRequest) -> Result<Option<(&'static str, Proxy)>, LiveError> {
    let found = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find_map(|name| Some((name, request.var(name)?)));
    let Some((name, address)) = found else {
        return Ok(None);
    };
    // The address can contain a password, which the error must not show.
    let invalid = |_| LiveError::ProxyAddress(name);
    // Only the builder supports exceptions. `Proxy::try_from_env` would read the environment of the process, which only `cli` may do.
    let plain = Proxy::new(address).map_err(invalid)?;
    let mut builder = Proxy::builder(plain.protocol()).host(plain.host()).port(plain.port());
    if let Some(user) = plain.username() {
        builder = builder.username(user);
    }
    if let Some(password) = plain.password() {
        builder = builder.password(password);
    }
    // A proxy cannot reach services on this machine, which tests and some networks use.
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        builder = builder.no_proxy(host);
    }
    let exceptions = request.var("NO_PROXY").or_else(|| request.var("no_proxy")).unwrap_or_default();
    for host in exceptions.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        builder = builder.no_proxy(host);
    }
    builder.build().map(|proxy| Some((name, proxy))).map_err(invalid)
}

/// Converts an error of the client.
fn transport_error(error: ureq::Error) -> TransportError {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            TransportError::Transient("no connection was made in time".to_owned())
        }
        ureq::Error::Timeout(_) => TransportError::Transient("there was no answer in time".to_owned()),
        ureq::Error::HostNotFound => unknown_host(),
        ureq::Error::Io(error) => match error.downcast::<ureq::Error>() {
            // Errors while reading the body are wrapped.
            Ok(inner) => transport_error(inner),
            Err(error) => io_transport_error(&error),
        },
        ureq::Error::Rustls(error) => tls_transport_error(&error),
        ureq::Error::Tls(error) => TransportError::Permanent(format!("the TLS connection failed ({error})")),
        ureq::Error::ConnectProxyFailed(error) => TransportError::Transient(format!("the proxy refused the connection ({error})")),
        error => TransportError::Transient(format!("the connection failed ({error})")),
    }
}

/// Converts an I/O error of a connection.
fn io_transport_error(error: &io::Error) -> TransportError {
    match error.kind() {
        // A read timeout is `WouldBlock` on Unix and `TimedOut` on Windows.
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TransportError::Transient("there was no answer in time".to_owned()),
        ErrorKind::ConnectionRefused => TransportError::Unreachable("the connection was refused".to_owned()),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable => {
            TransportError::Unreachable(format!("there is no route to it ({error})"))
        }
        _ if is_lookup_failure(error) => unknown_host(),
        _ => match tls_error(error) {
            Some(error) => tls_transport_error(error),
            None => TransportError::Transient(format!("the connection failed ({error})")),
        },
    }
}

/// Whether DNS resolution failed. The standard library has no `ErrorKind` for it: the error has this text on Unix, and the codes
/// WSAHOST_NOT_FOUND, WSATRY_AGAIN or WSANO_DATA on Windows.
fn is_lookup_failure(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(11001 | 11002 | 11004)) && cfg!(windows)
        || error.to_string().starts_with("failed to lookup address")
}

fn unknown_host() -> TransportError {
    TransportError::Unreachable("the host name cannot be resolved".to_owned())
}

/// The TLS error in an I/O error, if there is one. It is permanent.
fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// Converts a TLS error.
fn tls_transport_error(error: &rustls::Error) -> TransportError {
    use rustls::{CertificateError, Error};
    let (what, hint) = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            ("the server's certificate is not accepted", "; if a proxy intercepts TLS, pass its certificate with `--ca-bundle`")
        }
        Error::InvalidCertificate(_) | Error::NoCertificatesPresented => ("the server's certificate is not accepted", ""),
        _ => ("the TLS connection failed", ""),
    };
    TransportError::Permanent(format!("{what} ({error}){hint}"))
}
