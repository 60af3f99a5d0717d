//! HTTP: the only file that names the client. No redirects, TLS always verified, proxies of the environment, every wait bounded.

use super::answer::HttpAnswer;
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

/// The largest body that is read: 64 MiB. A page of 1,000 keys with every tag is below 4 MiB.
const BODY_CAP: u64 = 64 << 20;

/// The largest bundle of certificates: 16 MiB. The system's own ones are below 1 MiB.
const BUNDLE_CAP: u64 = 16 << 20;

/// How often a call that is under way looks whether the audit should end.
const TICK: Duration = Duration::from_millis(50);

/// The way to the service.
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
    /// The bundle of certificates or the proxy's address cannot be read.
    pub(crate) fn new(request: &AuditRequest) -> Result<Self, LiveError> {
        Self::through(request, proxy(request)?)
    }

    /// The same without a proxy: only this machine reaches its own metadata.
    ///
    /// # Errors
    /// The bundle of certificates cannot be read.
    pub(crate) fn direct(request: &AuditRequest) -> Result<Self, LiveError> {
        Self::through(request, None)
    }

    /// The same, trusting only these certificates: a cluster's own.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub(crate) fn trusting(request: &AuditRequest, certificates: &Path) -> Result<Self, LiveError> {
        Self::with(request, None, Some(certificates.to_path_buf()))
    }

    fn through(request: &AuditRequest, proxy: Option<(&'static str, Proxy)>) -> Result<Self, LiveError> {
        Self::with(request, proxy, ca_bundle(request).map(|path| request.expand(&path)))
    }

    fn with(request: &AuditRequest, proxy: Option<(&'static str, Proxy)>, certificates: Option<PathBuf>) -> Result<Self, LiveError> {
        let (variable, proxy) = proxy.unzip();
        let roots = match certificates {
            Some(path) => {
                let text = disk::read(&path, BUNDLE_CAP).map_err(|error| LiveError::Unreadable {
                    what: "the certificates".to_owned(),
                    path: path.clone(),
                    error,
                })?;
                let certificates: Vec<_> =
                    parse_pem(&text).filter_map(|item| if let Ok(PemItem::Certificate(one)) = item { Some(one) } else { None }).collect();
                if certificates.is_empty() {
                    return Err(LiveError::NoCertificates(path));
                }
                RootCerts::from(certificates)
            }
            None => RootCerts::PlatformVerifier,
        };
        let config = Agent::config_builder()
            // The body of a 4xx has the code and the message that users need.
            .http_status_as_error(false)
            // A signature is for one host and path: it must not be sent to another.
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

    /// What to do where a host cannot be reached.
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

    /// One GET with these headers.
    ///
    /// # Errors
    /// No whole answer came back.
    pub(crate) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<HttpAnswer, TransportError> {
        let mut call = self.agent.get(url);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        self.until_over(move || received(call.call()))
    }

    /// One POST with these headers.
    ///
    /// # Errors
    /// No whole answer came back.
    pub(crate) fn post(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<HttpAnswer, TransportError> {
        let mut call = self.agent.post(url);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        let body = body.to_vec();
        self.until_over(move || received(call.send(&body)))
    }

    /// Waits for a call, but not beyond the end of the audit: the client cannot be interrupted, and a service that accepts a connection
    /// and says nothing would hold an interrupted audit for a minute. The call is left after on its thread then.
    fn until_over(&self, call: impl FnOnce() -> Result<HttpAnswer, TransportError> + Send + 'static) -> Result<HttpAnswer, TransportError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let started = thread::Builder::new().spawn(move || drop(sender.send(call())));
        started.map_err(|error| TransportError::Passing(format!("the system starts no thread for the call ({error})")))?;
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if self.clock.is_interrupted() || self.clock.elapsed() >= self.deadline => {
                    return Err(TransportError::Abandoned);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(TransportError::Lasting("the HTTP client failed".to_owned())),
            }
        }
    }
}

/// Reads the complete answer.
fn received(response: Result<Response<Body>, ureq::Error>) -> Result<HttpAnswer, TransportError> {
    let mut response = response.map_err(failure)?;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (next_page, request_id, date) = (header("opc-next-page"), header("opc-request-id"), header("date"));
    let (retry_after, parent) = (header("retry-after"), header("opc-parent-rpt-url"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let mut reader = response.body_mut().as_reader().take(BODY_CAP + 1);
    reader.read_to_end(&mut body).map_err(|error| failure(error.into()))?;
    if body.len() as u64 > BODY_CAP {
        return Err(TransportError::Lasting(format!("the answer is larger than {} MiB", BODY_CAP >> 20)));
    }
    Ok(HttpAnswer { status, next_page, request_id, date, retry_after, parent, body })
}

/// `--ca-bundle`, then the variables that OCI's command line and Python's `requests` read.
fn ca_bundle(request: &AuditRequest) -> Option<String> {
    let variables = ["OCI_CLI_CERT_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];
    let named = request.ca_bundle.as_ref().map(|path| path.display().to_string());
    named.or_else(|| variables.into_iter().find_map(|name| request.var(name)).map(str::to_owned))
}

/// The proxy of the environment. All calls that matter are HTTPS; upper-case `HTTP_PROXY` is not honoured, as in curl.
fn proxy(request: &AuditRequest) -> Result<Option<(&'static str, Proxy)>, LiveError> {
    let found = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find_map(|name| Some((name, request.var(name)?)));
    let Some((name, address)) = found else {
        return Ok(None);
    };
    // The address may hold a password: the error must not show it.
    let broken = |_| LiveError::ProxyAddress(name);
    // Only a builder takes exceptions, and `Proxy::try_from_env` would read the process's environment, which belongs to `cli`.
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
    builder.build().map(|proxy| Some((name, proxy))).map_err(broken)
}

/// What the client says, in a clause.
fn failure(error: ureq::Error) -> TransportError {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            TransportError::Passing("no connection was made in time".to_owned())
        }
        ureq::Error::Timeout(_) => TransportError::Passing("there was no answer in time".to_owned()),
        ureq::Error::HostNotFound => unknown_host(),
        ureq::Error::Io(error) => match error.downcast::<ureq::Error>() {
            // Errors while the body is read come wrapped.
            Ok(inner) => failure(inner),
            Err(error) => of_system(&error),
        },
        ureq::Error::Rustls(error) => not_trusted(&error),
        ureq::Error::Tls(error) => TransportError::Lasting(format!("the TLS connection failed ({error})")),
        ureq::Error::ConnectProxyFailed(error) => TransportError::Passing(format!("the proxy refused the connection ({error})")),
        error => TransportError::Passing(format!("the connection failed ({error})")),
    }
}

/// What the system says of a connection.
fn of_system(error: &io::Error) -> TransportError {
    match error.kind() {
        // A read that times out is `WouldBlock` on Unix and `TimedOut` on Windows.
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TransportError::Passing("there was no answer in time".to_owned()),
        ErrorKind::ConnectionRefused => TransportError::Unreachable("the connection was refused".to_owned()),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable => {
            TransportError::Unreachable(format!("there is no route to it ({error})"))
        }
        _ if is_lookup(error) => unknown_host(),
        _ => match tls_error(error) {
            Some(error) => not_trusted(error),
            None => TransportError::Passing(format!("the connection failed ({error})")),
        },
    }
}

/// Whether the resolver found no address. The standard library has no kind for it: it gives this text on Unix, and Windows' own
/// codes WSAHOST_NOT_FOUND, WSATRY_AGAIN and WSANO_DATA.
fn is_lookup(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(11001 | 11002 | 11004)) && cfg!(windows)
        || error.to_string().starts_with("failed to lookup address")
}

fn unknown_host() -> TransportError {
    TransportError::Unreachable("the host name cannot be resolved".to_owned())
}

/// What TLS refuses comes wrapped in an error of the system, and is refused again the next time.
fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// A connection that TLS did not let come about.
fn not_trusted(error: &rustls::Error) -> TransportError {
    use rustls::{CertificateError, Error};
    let (what, hint) = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            ("the server's certificate is not accepted", "; if a proxy intercepts TLS, pass its certificate with `--ca-bundle`")
        }
        Error::InvalidCertificate(_) | Error::NoCertificatesPresented => ("the server's certificate is not accepted", ""),
        _ => ("the TLS connection failed", ""),
    };
    TransportError::Lasting(format!("{what} ({error}){hint}"))
}
