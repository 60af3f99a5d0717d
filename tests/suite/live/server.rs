//! A server on loopback that behaves like OCI. It verifies all signatures, dates and hosts, splits lists into pages with empty ones in
//! between, and injects faults.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

/// The test key that all requests must be signed with.
pub const KEY_PEM: &str = include_str!("../../../testdata/live/vectors/pkcs1.pem");
/// Its fingerprint.
pub const FINGERPRINT: &str = include_str!("../../../testdata/live/vectors/fingerprint.txt");
/// The user that the key belongs to.
pub const USER: &str = "ocid1.user.oc1..aaaauser";
/// The tenancy of the user.
pub const TENANCY: &str = "ocid1.tenancy.oc1..aaaatenancy";

/// A verified call of the API.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// `eu-frankfurt-1`.
    pub region: String,
    /// `identity`, `kms`, or the OCID of a vault.
    pub service: String,
    /// `/20180608/keys`.
    pub path: String,
    /// The decoded query.
    pub query: BTreeMap<String, String>,
    /// The target as sent, which identifies the call.
    pub target: String,
}

/// The reply of a tenancy.
pub enum Reply {
    /// A list, which the server splits into pages.
    List(Vec<Value>),
    /// One object.
    Object(Value),
    /// The object does not exist or is not permitted.
    NotFound,
}

/// The data of a tenancy.
pub trait Tenancy: Send + Sync {
    /// Replies to a correctly signed call. `base` is the URL of the server.
    fn answer(&self, call: &ApiCall, base: &str) -> Reply;
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with OCI's error body.
    Status(u16, &'static str),
    /// The connection is closed without a response.
    Drop,
    /// The body is shorter than its `content-length`.
    Truncate,
    /// A web page.
    Html,
    /// The body never ends, and the connection stays open.
    Stall,
    /// Every page names the first page as the next.
    SamePage,
    /// Vaults name a management endpoint outside of the realm.
    ForeignHost,
    /// A redirect to another host.
    Redirect,
    /// This status, with this value of `retry-after`.
    RetryAfter(u16, &'static str),
    /// Every page names a next page with a new token.
    EndlessPages,
    /// Vaults name a management endpoint that refuses connections.
    DeadHost,
}

/// An address that refuses connections.
pub const DEAD_ADDRESS: &str = "http://127.0.0.1:1";

/// Decides which calls fail, given the call and the number of earlier calls of the same target.
pub type Faults = Box<dyn Fn(&ApiCall, usize) -> Option<Fault> + Send + Sync>;

/// How the server behaves.
pub struct Behavior {
    /// The number of entries per page, with an empty page after each. `None`: the `limit` of the request, without empty pages.
    pub page_size: Option<usize>,
    /// The faults to inject.
    pub faults: Faults,
    /// The server's clock.
    pub now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    /// The only `keyId` that is accepted.
    pub key_id: String,
    /// The instance whose metadata it serves and to which it issues tokens. Then only the newest token is accepted.
    pub instance: Option<Instance>,
    /// The delegation token that each request must contain in a signed header.
    pub delegation: Option<String>,
    /// The resource principals or the pod to which it issues tokens.
    pub principals: Option<Principals>,
    /// The address to listen on; by default a free port of 127.0.0.1.
    pub listen: Option<String>,
    /// The certificate and its key; without them the server uses plain HTTP.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            page_size: None,
            faults: Box::new(|_, _| None),
            now: Box::new(SystemTime::now),
            key_id: format!("{TENANCY}/{USER}/{}", FINGERPRINT.trim()),
            instance: None,
            delegation: None,
            principals: None,
            listen: None,
            tls: None,
        }
    }
}

/// A compute instance.
pub struct Instance {
    /// The texts of the metadata service by path below `/opc/v2`.
    pub metadata: BTreeMap<&'static str, String>,
    /// The certificate that the service accepts, as DER.
    pub certificate: Vec<u8>,
    /// The lifetimes of the first tokens in seconds; all later tokens are valid for an hour.
    pub token_lifetimes: Vec<i64>,
}

/// The resource principals and pods that the server accepts. Resources use the test key, pods generate their own.
#[derive(Clone, Default)]
pub struct Principals {
    /// The `keyId` of the request for the first token.
    pub key_id: String,
    /// The path of that request, below `/rp` or the root.
    pub path: String,
    /// The `security-context` header that the request must have.
    pub context: Option<String>,
    /// The number of resources that contain the first one.
    pub parents: usize,
    /// The URL of the next resource outward, instead of one on this server.
    pub foreign_parent: Option<String>,
    /// The service account token of a pod.
    pub service_account: String,
    /// The error status of the cluster instead of a token.
    pub status: Option<u16>,
}

/// An issued token and its public key.
struct Session {
    token: String,
    public: Vec<u8>,
}

/// A running server. It ends with the test process.
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// The targets of all requests in order, including retries.
    pub log: Arc<Mutex<Vec<String>>>,
    /// Requests that failed verification, with the reason.
    pub rejected: Arc<Mutex<Vec<String>>>,
}

struct ServerState {
    behavior: Behavior,
    tenancy: Box<dyn Tenancy>,
    base: String,
    authority: String,
    call_counts: Mutex<BTreeMap<String, usize>>,
    sessions: Mutex<Vec<Session>>,
    log: Arc<Mutex<Vec<String>>>,
    rejected: Arc<Mutex<Vec<String>>>,
}

/// An HTTP response.
struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    fault: Option<Fault>,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start(tenancy: impl Tenancy + 'static, behavior: Behavior) -> Self {
        let listener = TcpListener::bind(behavior.listen.as_deref().unwrap_or("127.0.0.1:0")).unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let scheme = if behavior.tls.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://{authority}");
        let (log, rejected) = (Arc::default(), Arc::default());
        let state = Arc::new(ServerState {
            behavior,
            tenancy: Box::new(tenancy),
            base: base.clone(),
            authority,
            call_counts: Mutex::default(),
            sessions: Mutex::default(),
            log: Arc::clone(&log),
            rejected: Arc::clone(&rejected),
        });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                thread::spawn(move || state.serve(&stream));
            }
        });
        Self { base, log, rejected }
    }

    /// The value of `--endpoint`.
    pub fn endpoint(&self) -> String {
        format!("{}/{{region}}/{{service}}", self.base)
    }

    /// The number of requests.
    pub fn calls(&self) -> usize {
        self.log.lock().unwrap().len()
    }
}

static PUBLIC_KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let body: String = KEY_PEM.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_der(&STANDARD.decode(body).unwrap()).unwrap().public_key().as_ref().to_vec()
});

/// What the server accepts for a signature from tests that are not about signatures: RSA takes two thirds of the time of a call.
pub fn hash(text: &[u8]) -> Vec<u8> {
    digest(&SHA256, text).as_ref().to_vec()
}

/// A session token with this payload and an invalid signature, which only the real service would verify.
pub fn jwt(payload: &Value) -> String {
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    let header = json!({"alg": "RS256", "kid": "asw", "typ": "JWT"});
    [encode(header.to_string()), encode(payload.to_string()), encode("secret".to_owned())].join(".")
}

/// Whether a request is for the tokens of a resource or a pod: below `/rp`, or at the root for a URL without a path.
fn is_token_request(target: &str) -> bool {
    let target = target.strip_prefix("/rp").unwrap_or(target);
    target == "/"
        || ["/20180711/", "/2020/tokens", "/parent/", "/auth/"].iter().any(|path| target.starts_with(path))
        || ["/resourcePrincipalSessionTokens", "/v1/resourcePrincipalSessionToken"].contains(&target)
}

impl ServerState {
    fn serve(&self, stream: &TcpStream) {
        let _ = stream.set_nodelay(true);
        // Ignore clients that close the connection.
        let _ = match &self.behavior.tls {
            None => self.serve_connection(stream),
            Some(config) => rustls::ServerConnection::new(Arc::clone(config))
                .map_err(std::io::Error::other)
                .and_then(|connection| self.serve_connection(rustls::StreamOwned::new(connection, stream))),
        };
    }

    fn serve_connection(&self, stream: impl Read + Write) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let Some((method, target, headers)) = read_head(&mut stream)? else { return Ok(()) };
            let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
            stream.read_exact(&mut body)?;
            let response = self.answer(&method, &target, &headers, &body);
            match response.fault {
                Some(Fault::Drop) => return Ok(()),
                Some(Fault::Truncate) => {
                    let half = response.body.len() / 2;
                    write_response(stream.get_mut(), &response, response.body.len().max(2), &response.body[..half])?;
                    return Ok(());
                }
                Some(Fault::Stall) => {
                    let half = response.body.len() / 2;
                    write_response(stream.get_mut(), &response, response.body.len().max(2), &response.body[..half])?;
                    // Returns when the client closes the connection.
                    let _ = stream.read(&mut [0]);
                    return Ok(());
                }
                _ => write_response(stream.get_mut(), &response, response.body.len(), &response.body)?,
            }
        }
    }

    fn answer(&self, method: &str, target: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> Response {
        self.log.lock().unwrap().push(target.to_owned());
        if let Some(instance) = &self.behavior.instance {
            if let Some(path) = target.strip_prefix("/opc/v2") {
                return match (headers.get("authorization").map(String::as_str), instance.metadata.get(path)) {
                    (Some("Bearer Oracle"), Some(text)) => self.success(text.clone()),
                    (Some("Bearer Oracle"), None) => self.error(404, "NotFound"),
                    _ => self.error(401, "NotAuthenticated"),
                };
            }
            if target.ends_with("/auth/v1/x509") {
                return self.issue_instance_token(instance, method, target, headers, body).unwrap_or_else(|why| {
                    self.rejected.lock().unwrap().push(format!("{target}: {why}"));
                    self.error(401, "NotAuthenticated")
                });
            }
        }
        if let Some(principals) = &self.behavior.principals
            && is_token_request(target)
        {
            return self.issue_principal_token(principals, method, target, headers, body).unwrap_or_else(|why| {
                self.rejected.lock().unwrap().push(format!("{target}: {why}"));
                self.error(401, "NotAuthenticated")
            });
        }
        if let Err(why) = self.verify(method, target, headers) {
            self.rejected.lock().unwrap().push(format!("{target}: {why}"));
            return self.error(401, "NotAuthenticated");
        }
        let Some(call) = ApiCall::read(target) else { return self.error(404, "NotAuthorizedOrNotFound") };
        let before = {
            let mut call_counts = self.call_counts.lock().unwrap();
            let count = call_counts.entry(target.to_owned()).or_default();
            *count += 1;
            *count - 1
        };
        let fault = (self.behavior.faults)(&call, before);
        if let Some(Fault::Status(status, code)) = fault {
            return self.error(status, code);
        }
        if let Some(Fault::RetryAfter(status, seconds)) = fault {
            let mut response = self.error(status, "TooManyRequests");
            response.headers.push(("retry-after", seconds.to_owned()));
            return response;
        }
        let mut response = match self.tenancy.answer(&call, &self.base) {
            Reply::NotFound => self.error(404, "NotAuthorizedOrNotFound"),
            Reply::Object(value) => self.success(value.to_string()),
            Reply::List(entries) => self.page(&call, entries, fault),
        };
        match fault {
            Some(Fault::Html) => response.body = b"<html><body>Please sign in</body></html>".to_vec(),
            Some(Fault::ForeignHost) => {
                response.body = String::from_utf8_lossy(&response.body).replace(&self.base, "https://evil.example").into_bytes();
            }
            Some(Fault::DeadHost) => {
                response.body = String::from_utf8_lossy(&response.body).replace(&self.base, DEAD_ADDRESS).into_bytes();
            }
            Some(Fault::Redirect) => {
                response.status = 302;
                response.headers.push(("location", "http://127.0.0.1:1/stolen".to_owned()));
            }
            _ => {}
        }
        Response { fault, ..response }
    }

    fn page(&self, call: &ApiCall, entries: Vec<Value>, fault: Option<Fault>) -> Response {
        let size = self.behavior.page_size.unwrap_or_else(|| call.query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100));
        // Tokens contain all characters that need escapes in a query: `AAA+/=: 40` is the page that starts at 40, `…e` an empty one.
        let token = |at: usize, empty: bool| format!("AAA+/=: {at}{}", if empty { "e" } else { "" });
        let page = call.query.get("page").map(String::as_str).unwrap_or("AAA+/=: 0");
        let Some(position) = page.strip_prefix("AAA+/=: ") else { return self.error(400, "InvalidParameter") };
        let (empty, position) = position.strip_suffix('e').map_or((false, position), |position| (true, position));
        let Ok(start) = position.parse::<usize>() else { return self.error(400, "InvalidParameter") };
        let end = if empty { start } else { (start + size).min(entries.len()) };
        let next = match (end < entries.len(), self.behavior.page_size.is_some() && !empty) {
            (true, true) => Some(token(end, true)),
            (true, false) => Some(token(end, false)),
            (false, _) => None,
        };
        let mut response = self.success(Value::from(entries.get(start..end).unwrap_or_default().to_vec()).to_string());
        if fault == Some(Fault::SamePage) {
            response.headers.push(("opc-next-page", token(0, false)));
        } else if fault == Some(Fault::EndlessPages) {
            response.headers.push(("opc-next-page", token(start + 1000, false)));
        } else {
            response.headers.extend(next.map(|next| ("opc-next-page", next)));
        }
        response
    }

    fn success(&self, body: String) -> Response {
        Response { status: 200, headers: self.headers(), body: body.into_bytes(), fault: None }
    }

    fn error(&self, status: u16, code: &str) -> Response {
        let body = json!({"code": code, "message": "Something went wrong."}).to_string();
        Response { status, headers: self.headers(), body: body.into_bytes(), fault: None }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("content-type", "application/json".to_owned()),
            ("opc-request-id", "REQ1".to_owned()),
            ("date", httpdate::fmt_http_date((self.behavior.now)())),
        ]
    }

    /// Verifies a request like the service: its identity, date, host and signature.
    fn verify(&self, method: &str, target: &str, headers: &BTreeMap<String, String>) -> Result<(), String> {
        let mut signed = vec!["date", "(request-target)", "host"];
        if let Some(delegation) = &self.behavior.delegation {
            if headers.get("opc-obo-token") != Some(delegation) {
                return Err("delegation token".to_owned());
            }
            signed.push("opc-obo-token");
        }
        match self.sessions.lock().unwrap().last() {
            Some(session) => self.verify_as(&format!("ST${}", session.token), &session.public, &signed, method, target, headers),
            None => self.verify_as(&self.behavior.key_id, &PUBLIC_KEY, &signed, method, target, headers),
        }
    }

    /// Issues tokens to resources, to the resources that contain them, and to pods.
    fn issue_principal_token(
        &self,
        principals: &Principals,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Result<Response, String> {
        if target == "/resourcePrincipalSessionTokens" {
            if headers.get("authorization") != Some(&format!("Bearer {}", principals.service_account)) || method != "POST" {
                return Err("service account".to_owned());
            }
            if let Some(status) = principals.status {
                return Ok(self.error(status, "Forbidden"));
            }
            let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
            let key = STANDARD.decode(body["podKey"].as_str().unwrap_or_default()).map_err(|_| "base64")?.split_off(24);
            let token = self.issue_token(key);
            return Ok(self.success(STANDARD.encode(json!({"token": format!("ST${token}")}).to_string())));
        }
        // A resource signs with its key, or with its session for the resource that contains it.
        let session = self.sessions.lock().unwrap().last().map(|session| format!("ST${}", session.token));
        let is_signed_by_session =
            session.as_ref().is_some_and(|session| headers.get("authorization").is_some_and(|text| text.contains(session)));
        let key_id = session.filter(|_| is_signed_by_session).unwrap_or_else(|| principals.key_id.clone());
        if method == "GET" {
            self.verify_as(&key_id, &PUBLIC_KEY, &["date", "(request-target)", "host"], method, target, headers)?;
            if let Some(context) = &principals.context
                && headers.get("security-context") != Some(context)
            {
                return Err("security context".to_owned());
            }
            // Oracle's client rejects URLs with a path, so the root is the resource that contains the first one.
            let parent = if target == "/" { Some("1") } else { target.strip_prefix("/rp/parent/") };
            let parent = parent.and_then(|number| number.parse::<usize>().ok());
            if parent.is_none() && target.strip_prefix("/rp").unwrap_or(target) != principals.path {
                return Err("path".to_owned());
            }
            let mut response = self.success(json!({"resourcePrincipalToken": "rpt", "servicePrincipalSessionToken": "spst"}).to_string());
            if let Some(number) = parent.filter(|number| *number < principals.parents) {
                let next = principals.foreign_parent.clone().unwrap_or_else(|| format!("{}/rp/parent/{}", self.base, number + 1));
                response.headers.push(("opc-parent-rpt-url", next));
            }
            return Ok(response);
        }
        let signed = ["date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
        self.verify_as(&key_id, &PUBLIC_KEY, &signed, method, target, headers)?;
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let key = STANDARD.decode(body["sessionPublicKey"].as_str().unwrap_or_default()).map_err(|_| "base64")?.split_off(24);
        if body["resourcePrincipalToken"] != "rpt" || body["servicePrincipalSessionToken"] != "spst" || key != *PUBLIC_KEY {
            return Err("tokens or key".to_owned());
        }
        let token = self.issue_token(key);
        Ok(self.success(json!({"token": token}).to_string()))
    }

    /// Issues a token for a key, valid for an hour.
    fn issue_token(&self, public: Vec<u8>) -> String {
        let mut sessions = self.sessions.lock().unwrap();
        let now = (self.behavior.now)().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let token = jwt(&json!({"iat": now, "exp": now + 3600, "res_tenant": TENANCY, "number": sessions.len()}));
        sessions.push(Session { token: token.clone(), public });
        token
    }

    /// Issues a token for the session key in the body, if the instance's key signed the request and its certificate is in the body.
    fn issue_instance_token(
        &self,
        instance: &Instance,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Result<Response, String> {
        let fingerprint = digest(&SHA1_FOR_LEGACY_USE_ONLY, &instance.certificate);
        let pairs: Vec<String> = fingerprint.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        let key_id = format!("{TENANCY}/fed-x509/{}", pairs.join(":"));
        let signed = ["date", "(request-target)", "content-length", "content-type", "x-content-sha256"];
        self.verify_as(&key_id, &PUBLIC_KEY, &signed, method, target, headers)?;
        let body_hash = STANDARD.encode(hash(body));
        if headers.get("x-content-sha256") != Some(&body_hash) || method != "POST" {
            return Err("digest or method".to_owned());
        }
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let der = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).map_err(|_| "base64".to_owned());
        if der(&body["certificate"])? != instance.certificate || der(&body["intermediateCertificates"][0])?.first() != Some(&0x30) {
            return Err("certificates".to_owned());
        }
        // The 24 bytes before the RSA key of 2048 bits name the algorithm.
        let public = der(&body["publicKey"])?.split_off(24);
        let mut sessions = self.sessions.lock().unwrap();
        let lifetime = instance.token_lifetimes.get(sessions.len()).copied().unwrap_or(3600);
        let now = (self.behavior.now)().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
        let token = jwt(&json!({"iat": now, "exp": now + lifetime, "opc-tenant": TENANCY, "number": sessions.len()}));
        sessions.push(Session { token: token.clone(), public });
        Ok(self.success(json!({"token": token}).to_string()))
    }

    /// Verifies that this key signed the request, with at least these headers.
    fn verify_as(
        &self,
        key_id: &str,
        public: &[u8],
        signed: &[&str],
        method: &str,
        target: &str,
        headers: &BTreeMap<String, String>,
    ) -> Result<(), String> {
        let header = |name: &str| headers.get(name).ok_or_else(|| format!("no {name}"));
        let authorization = header("authorization")?.strip_prefix("Signature ").ok_or("no signature")?;
        let part = |name: &str| {
            let start = authorization.split_once(&format!("{name}=\"")).ok_or_else(|| format!("no {name}"))?.1;
            start.split_once('"').map(|(value, _)| value).ok_or_else(|| format!("broken {name}"))
        };
        if part("version")? != "1" || part("algorithm")? != "rsa-sha256" || part("keyId")? != key_id {
            return Err("version, algorithm or keyId".to_owned());
        }
        if header("host")? != &self.authority {
            return Err(format!("host {}", header("host")?));
        }
        let date = httpdate::parse_http_date(header("date")?).map_err(|_| "date".to_owned())?;
        let now = (self.behavior.now)();
        let skew = now.duration_since(date).or_else(|_| date.duration_since(now)).unwrap_or_default();
        if skew > Duration::from_secs(300) {
            return Err(format!("skew of {} s", skew.as_secs()));
        }
        let names: Vec<&str> = part("headers")?.split(' ').collect();
        if signed.iter().any(|name| !names.contains(name)) {
            return Err("headers that must be signed".to_owned());
        }
        let lines: Result<Vec<String>, String> = names
            .iter()
            .map(|name| match *name {
                "(request-target)" => Ok(format!("(request-target): {} {target}", method.to_lowercase())),
                name => Ok(format!("{name}: {}", header(name)?)),
            })
            .collect();
        let signature = STANDARD.decode(part("signature")?).map_err(|_| "signature is not base64".to_owned())?;
        let text = lines?.join("\n");
        if signature == hash(text.as_bytes()) {
            return Ok(());
        }
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
            .verify(text.as_bytes(), &signature)
            .map_err(|_| "wrong signature".to_owned())
    }
}

/// Method, target and headers.
type RequestHead = (String, String, BTreeMap<String, String>);

/// Reads the head of a request; `None` if the client closed the connection.
fn read_head(stream: &mut impl BufRead) -> std::io::Result<Option<RequestHead>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(Some((method, target, headers)));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
    }
}

fn write_response(stream: &mut impl Write, response: &Response, length: usize, body: &[u8]) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {} Whatever\r\ncontent-length: {length}\r\n", response.status);
    for (name, value) in &response.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    // A single write: with two small ones, the second would wait for an acknowledgment of the first.
    stream.write_all(&[text.as_bytes(), body].concat())?;
    stream.flush()
}

impl ApiCall {
    /// Parses `/REGION/SERVICE/PATH?QUERY`.
    fn read(target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.strip_prefix('/')?.splitn(3, '/');
        let (region, service, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (percent_decode(name), percent_decode(value)))
            .collect();
        Some(Self {
            region: region.to_owned(),
            service: service.to_owned(),
            path: format!("/{}", rest.trim_start_matches('/')),
            query,
            target: target.to_owned(),
        })
    }

    /// A value of the query; empty if it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.query.get(name).map(String::as_str).unwrap_or_default()
    }
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap()
}
