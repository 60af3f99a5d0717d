//! A server over loopback that behaves as OCI does. It verifies every signature, date and host, cuts lists into pages with empty ones
//! in between, and goes wrong where it is told to.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

/// The throw-away key every request must be signed with.
pub const KEY_PEM: &str = include_str!("../../../testdata/live/vectors/pkcs1.pem");
/// Its fingerprint.
pub const FINGERPRINT: &str = include_str!("../../../testdata/live/vectors/fingerprint.txt");
/// The user it belongs to.
pub const USER: &str = "ocid1.user.oc1..aaaauser";
/// The tenancy.
pub const TENANCY: &str = "ocid1.tenancy.oc1..aaaatenancy";

/// One request as the tenancy sees it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// `eu-frankfurt-1`.
    pub region: String,
    /// `identity`, `kms`, or the OCID of a vault.
    pub service: String,
    /// `/20180608/keys`.
    pub path: String,
    /// Decoded.
    pub query: BTreeMap<String, String>,
    /// As sent, for telling calls apart.
    pub target: String,
}

/// What a tenancy answers.
pub enum Reply {
    /// A list, which the server cuts into pages.
    List(Vec<Value>),
    /// One object.
    One(Value),
    /// Missing or not permitted.
    Missing,
}

/// A tenancy. `base` is the address of the server.
pub trait Tenancy: Send + Sync {
    /// Answers a request that is signed as it should be.
    fn answer(&self, ask: &Ask, base: &str) -> Reply;
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with OCI's error body.
    Status(u16, &'static str),
    /// The connection is closed without an answer.
    Drop,
    /// The body ends before its announced length.
    Truncate,
    /// A web page.
    Html,
    /// The body never comes to its end; the connection stays open.
    Stall,
    /// Every page names the first page as the next.
    SamePage,
    /// Vaults name a management endpoint elsewhere.
    ForeignHost,
    /// A redirection to another host.
    Redirect,
    /// This status, and how long to wait: the value of `retry-after`.
    Wait(u16, &'static str),
    /// Every page names a next one, with a token that was never used before.
    FreshPages,
    /// Vaults name a management endpoint at which nothing listens.
    DeadHost,
}

/// Where nothing listens.
pub const DEAD: &str = "http://127.0.0.1:1";

/// Which calls go wrong: told the call and how often its target was asked for before.
pub type Faults = Box<dyn Fn(&Ask, usize) -> Option<Fault> + Send + Sync>;

/// How the server behaves.
pub struct Behaviour {
    /// Entries of a page; every page is followed by an empty one.
    pub page: Option<usize>,
    /// What goes wrong.
    pub faults: Faults,
    /// The server's clock.
    pub now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    /// The `keyId` of whom it accepts.
    pub key_id: String,
    /// The instance whose metadata it serves, and to which it gives tokens; then only the newest token is accepted.
    pub instance: Option<Instance>,
    /// The user on whose behalf the instance asks: the token that must come with each request, signed.
    pub delegation: Option<String>,
    /// The resources and the pod to which it gives tokens.
    pub principals: Option<Principals>,
    /// Where to listen; a free port of 127.0.0.1 without.
    pub listen: Option<String>,
    /// Certificate chain and key; without them it speaks plain HTTP.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            page: None,
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
    /// What `/opc/v2` has under these paths.
    pub metadata: BTreeMap<&'static str, String>,
    /// The certificate the service knows, as DER.
    pub certificate: Vec<u8>,
    /// Seconds for which the first token, the second … holds; all that follow hold an hour.
    pub lives: Vec<i64>,
}

/// What the server knows of resources and pods. All of them use the server's key, but for pods, which make their own.
#[derive(Clone, Default)]
pub struct Principals {
    /// The `keyId` that asks for the first token.
    pub key_id: String,
    /// Where it asks, below `/rp` or the root.
    pub path: String,
    /// The security context that must come with it.
    pub context: Option<String>,
    /// How many resources contain the first one.
    pub parents: usize,
    /// Where the next resource outwards is, in place of this server.
    pub elsewhere: Option<String>,
    /// The service account token of a pod.
    pub service_account: String,
    /// What the cluster answers instead of a token.
    pub status: Option<u16>,
}

/// A token that was given, and the public key it is for.
struct Session {
    token: String,
    public: Vec<u8>,
}

/// A server that is running. It ends with the test process.
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// Targets in the order of their arrival; further attempts too.
    pub log: Arc<Mutex<Vec<String>>>,
    /// Requests that were not signed as they should be, with the reason.
    pub refused: Arc<Mutex<Vec<String>>>,
}

struct Shared {
    behaviour: Behaviour,
    tenancy: Box<dyn Tenancy>,
    base: String,
    authority: String,
    public: Vec<u8>,
    asked: Mutex<BTreeMap<String, usize>>,
    sessions: Mutex<Vec<Session>>,
    log: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Vec<String>>>,
}

/// What is sent back.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    fault: Option<Fault>,
}

/// An address that is listened to, and what answers there.
struct Place {
    authority: String,
    current: Arc<Mutex<Option<Arc<Shared>>>>,
}

impl Place {
    fn new(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let current: Arc<Mutex<Option<Arc<Shared>>>> = Arc::default();
        let answering = Arc::clone(&current);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = answering.lock().unwrap().clone();
                thread::spawn(move || shared.iter().for_each(|shared| shared.serve(&stream)));
            }
        });
        Self { authority, current }
    }

    fn serve(&self, tenancy: impl Tenancy + 'static, behaviour: Behaviour) -> Server {
        let authority = self.authority.clone();
        let scheme = if behaviour.tls.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://{authority}");
        let (log, refused) = (Arc::default(), Arc::default());
        let shared = Arc::new(Shared {
            behaviour,
            tenancy: Box::new(tenancy),
            base: base.clone(),
            authority,
            public: public_key(),
            asked: Mutex::default(),
            sessions: Mutex::default(),
            log: Arc::clone(&log),
            refused: Arc::clone(&refused),
        });
        *self.current.lock().unwrap() = Some(shared);
        Server { base, log, refused }
    }
}

impl Server {
    /// Starts a server on a free port.
    pub fn start(tenancy: impl Tenancy + 'static, behaviour: Behaviour) -> Self {
        Place::new(behaviour.listen.as_deref().unwrap_or("127.0.0.1:0")).serve(tenancy, behaviour)
    }

    /// Starts a server in the place of the one that this test started before: requests to both are signed alike.
    pub fn restart(tenancy: impl Tenancy + 'static, behaviour: Behaviour) -> Self {
        thread_local!(static PLACE: Place = Place::new("127.0.0.1:0"));
        PLACE.with(|place| place.serve(tenancy, behaviour))
    }

    /// The value of `--endpoint`.
    pub fn endpoint(&self) -> String {
        format!("{}/{{region}}/{{service}}", self.base)
    }

    /// How many requests came.
    pub fn calls(&self) -> usize {
        self.log.lock().unwrap().len()
    }
}

fn public_key() -> Vec<u8> {
    let body: String = KEY_PEM.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_der(&STANDARD.decode(body).unwrap()).unwrap().public_key().as_ref().to_vec()
}

/// A session token with this payload: only the service verifies its signature, and this one is of nobody.
pub fn jwt(payload: &Value) -> String {
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    let header = json!({"alg": "RS256", "kid": "asw", "typ": "JWT"});
    [encode(header.to_string()), encode(payload.to_string()), encode("secret".to_owned())].join(".")
}

/// Whether it is asked for the tokens of a resource or of a pod: below `/rp`, or at the root of an address without a path.
fn is_for_principals(target: &str) -> bool {
    let target = target.strip_prefix("/rp").unwrap_or(target);
    target == "/"
        || ["/20180711/", "/2020/tokens", "/parent/", "/auth/"].iter().any(|path| target.starts_with(path))
        || ["/resourcePrincipalSessionTokens", "/v1/resourcePrincipalSessionToken"].contains(&target)
}

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        let _ = stream.set_nodelay(true);
        // A client that went away is no trouble of the server's.
        let _ = match &self.behaviour.tls {
            None => self.talk(stream),
            Some(config) => rustls::ServerConnection::new(Arc::clone(config))
                .map_err(std::io::Error::other)
                .and_then(|connection| self.talk(rustls::StreamOwned::new(connection, stream))),
        };
    }

    fn talk(&self, stream: impl Read + Write) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let Some((method, target, headers)) = head(&mut stream)? else { return Ok(()) };
            let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
            stream.read_exact(&mut body)?;
            let answer = self.answer(&method, &target, &headers, &body);
            match answer.fault {
                Some(Fault::Drop) => return Ok(()),
                Some(Fault::Truncate) => {
                    let half = answer.body.len() / 2;
                    write(stream.get_mut(), &answer, answer.body.len().max(2), &answer.body[..half])?;
                    return Ok(());
                }
                Some(Fault::Stall) => {
                    let half = answer.body.len() / 2;
                    write(stream.get_mut(), &answer, answer.body.len().max(2), &answer.body[..half])?;
                    // Returns when the client has had enough.
                    let _ = stream.read(&mut [0]);
                    return Ok(());
                }
                _ => write(stream.get_mut(), &answer, answer.body.len(), &answer.body)?,
            }
        }
    }

    fn answer(&self, method: &str, target: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> Answer {
        self.log.lock().unwrap().push(target.to_owned());
        if let Some(instance) = &self.behaviour.instance {
            if let Some(path) = target.strip_prefix("/opc/v2") {
                return match (headers.get("authorization").map(String::as_str), instance.metadata.get(path)) {
                    (Some("Bearer Oracle"), Some(text)) => self.success(text.clone()),
                    (Some("Bearer Oracle"), None) => self.error(404, "NotFound"),
                    _ => self.error(401, "NotAuthenticated"),
                };
            }
            if target.ends_with("/auth/v1/x509") {
                return self.federate(instance, method, target, headers, body).unwrap_or_else(|why| {
                    self.refused.lock().unwrap().push(format!("{target}: {why}"));
                    self.error(401, "NotAuthenticated")
                });
            }
        }
        if let Some(principals) = &self.behaviour.principals
            && is_for_principals(target)
        {
            return self.principal(principals, method, target, headers, body).unwrap_or_else(|why| {
                self.refused.lock().unwrap().push(format!("{target}: {why}"));
                self.error(401, "NotAuthenticated")
            });
        }
        if let Err(why) = self.verify(method, target, headers) {
            self.refused.lock().unwrap().push(format!("{target}: {why}"));
            return self.error(401, "NotAuthenticated");
        }
        let Some(ask) = Ask::read(target) else { return self.error(404, "NotAuthorizedOrNotFound") };
        let before = {
            let mut asked = self.asked.lock().unwrap();
            let count = asked.entry(target.to_owned()).or_default();
            *count += 1;
            *count - 1
        };
        let fault = (self.behaviour.faults)(&ask, before);
        if let Some(Fault::Status(status, code)) = fault {
            return self.error(status, code);
        }
        if let Some(Fault::Wait(status, seconds)) = fault {
            let mut answer = self.error(status, "TooManyRequests");
            answer.headers.push(("retry-after", seconds.to_owned()));
            return answer;
        }
        let mut answer = match self.tenancy.answer(&ask, &self.base) {
            Reply::Missing => self.error(404, "NotAuthorizedOrNotFound"),
            Reply::One(value) => self.success(value.to_string()),
            Reply::List(entries) => self.page(&ask, entries, fault),
        };
        match fault {
            Some(Fault::Html) => answer.body = b"<html><body>Please sign in</body></html>".to_vec(),
            Some(Fault::ForeignHost) => {
                answer.body = String::from_utf8_lossy(&answer.body).replace(&self.base, "https://evil.example").into_bytes();
            }
            Some(Fault::DeadHost) => {
                answer.body = String::from_utf8_lossy(&answer.body).replace(&self.base, DEAD).into_bytes();
            }
            Some(Fault::Redirect) => {
                answer.status = 302;
                answer.headers.push(("location", "http://127.0.0.1:1/stolen".to_owned()));
            }
            _ => {}
        }
        Answer { fault, ..answer }
    }

    fn page(&self, ask: &Ask, entries: Vec<Value>, fault: Option<Fault>) -> Answer {
        let size = self.behaviour.page.unwrap_or_else(|| ask.query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100));
        // Tokens hold every character that needs care in a query: `AAA+/=: 40` is the page that begins at 40, `…e` an empty one.
        let token = |at: usize, empty: bool| format!("AAA+/=: {at}{}", if empty { "e" } else { "" });
        let asked = ask.query.get("page").map(String::as_str).unwrap_or("AAA+/=: 0");
        let Some(place) = asked.strip_prefix("AAA+/=: ") else { return self.error(400, "InvalidParameter") };
        let (empty, place) = place.strip_suffix('e').map_or((false, place), |place| (true, place));
        let Ok(start) = place.parse::<usize>() else { return self.error(400, "InvalidParameter") };
        let end = if empty { start } else { (start + size).min(entries.len()) };
        let next = match (end < entries.len(), self.behaviour.page.is_some() && !empty) {
            (true, true) => Some(token(end, true)),
            (true, false) => Some(token(end, false)),
            (false, _) => None,
        };
        let mut answer = self.success(Value::from(entries.get(start..end).unwrap_or_default().to_vec()).to_string());
        if fault == Some(Fault::SamePage) {
            answer.headers.push(("opc-next-page", token(0, false)));
        } else if fault == Some(Fault::FreshPages) {
            answer.headers.push(("opc-next-page", token(start + 1000, false)));
        } else {
            answer.headers.extend(next.map(|next| ("opc-next-page", next)));
        }
        answer
    }

    fn success(&self, body: String) -> Answer {
        Answer { status: 200, headers: self.headers(), body: body.into_bytes(), fault: None }
    }

    fn error(&self, status: u16, code: &str) -> Answer {
        let body = json!({"code": code, "message": "Something went wrong."}).to_string();
        Answer { status, headers: self.headers(), body: body.into_bytes(), fault: None }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("content-type", "application/json".to_owned()),
            ("opc-request-id", "REQ1".to_owned()),
            ("date", httpdate::fmt_http_date((self.behaviour.now)())),
        ]
    }

    /// As the service does: who, when, where, and the signature of it all.
    fn verify(&self, method: &str, target: &str, headers: &BTreeMap<String, String>) -> Result<(), String> {
        let mut signed = vec!["date", "(request-target)", "host"];
        if let Some(delegation) = &self.behaviour.delegation {
            if headers.get("opc-obo-token") != Some(delegation) {
                return Err("delegation token".to_owned());
            }
            signed.push("opc-obo-token");
        }
        match self.sessions.lock().unwrap().last() {
            Some(session) => self.verify_as(&format!("ST${}", session.token), &session.public, &signed, method, target, headers),
            None => self.verify_as(&self.behaviour.key_id, &self.public, &signed, method, target, headers),
        }
    }

    /// Gives tokens to resources, to those that contain them, and to pods.
    fn principal(
        &self,
        principals: &Principals,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Result<Answer, String> {
        if target == "/resourcePrincipalSessionTokens" {
            if headers.get("authorization") != Some(&format!("Bearer {}", principals.service_account)) || method != "POST" {
                return Err("service account".to_owned());
            }
            if let Some(status) = principals.status {
                return Ok(self.error(status, "Forbidden"));
            }
            let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
            let key = STANDARD.decode(body["podKey"].as_str().unwrap_or_default()).map_err(|_| "base64")?.split_off(24);
            let token = self.token(key);
            return Ok(self.success(STANDARD.encode(json!({"token": format!("ST${token}")}).to_string())));
        }
        // A resource asks with its key, and with its session on behalf of the one that contains it.
        let session = self.sessions.lock().unwrap().last().map(|session| format!("ST${}", session.token));
        let is_sessions = session.as_ref().is_some_and(|session| headers.get("authorization").is_some_and(|text| text.contains(session)));
        let key_id = session.filter(|_| is_sessions).unwrap_or_else(|| principals.key_id.clone());
        if method == "GET" {
            self.verify_as(&key_id, &self.public, &["date", "(request-target)", "host"], method, target, headers)?;
            if let Some(context) = &principals.context
                && headers.get("security-context") != Some(context)
            {
                return Err("security context".to_owned());
            }
            // Oracle's client refuses addresses with a path: the root is where the resource is that contains the first one.
            let parent = if target == "/" { Some("1") } else { target.strip_prefix("/rp/parent/") };
            let parent = parent.and_then(|number| number.parse::<usize>().ok());
            if parent.is_none() && target.strip_prefix("/rp").unwrap_or(target) != principals.path {
                return Err("path".to_owned());
            }
            let mut answer = self.success(json!({"resourcePrincipalToken": "rpt", "servicePrincipalSessionToken": "spst"}).to_string());
            if let Some(number) = parent.filter(|number| *number < principals.parents) {
                let next = principals.elsewhere.clone().unwrap_or_else(|| format!("{}/rp/parent/{}", self.base, number + 1));
                answer.headers.push(("opc-parent-rpt-url", next));
            }
            return Ok(answer);
        }
        let signed = ["date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
        self.verify_as(&key_id, &self.public, &signed, method, target, headers)?;
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let key = STANDARD.decode(body["sessionPublicKey"].as_str().unwrap_or_default()).map_err(|_| "base64")?.split_off(24);
        if body["resourcePrincipalToken"] != "rpt" || body["servicePrincipalSessionToken"] != "spst" || key != self.public {
            return Err("tokens or key".to_owned());
        }
        let token = self.token(key);
        Ok(self.success(json!({"token": token}).to_string()))
    }

    /// A token for a key, which holds an hour.
    fn token(&self, public: Vec<u8>) -> String {
        let mut sessions = self.sessions.lock().unwrap();
        let now = (self.behaviour.now)().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let token = jwt(&json!({"iat": now, "exp": now + 3600, "res_tenant": TENANCY, "number": sessions.len()}));
        sessions.push(Session { token: token.clone(), public });
        token
    }

    /// Gives a token for the key in the body to the instance whose certificate is there, if its key signed the request.
    fn federate(
        &self,
        instance: &Instance,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Result<Answer, String> {
        let fingerprint = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &instance.certificate);
        let pairs: Vec<String> = fingerprint.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        let key_id = format!("{TENANCY}/fed-x509/{}", pairs.join(":"));
        let signed = ["date", "(request-target)", "content-length", "content-type", "x-content-sha256"];
        self.verify_as(&key_id, &self.public, &signed, method, target, headers)?;
        let digest = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, body));
        if headers.get("x-content-sha256") != Some(&digest) || method != "POST" {
            return Err("digest or method".to_owned());
        }
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let der = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).map_err(|_| "base64".to_owned());
        if der(&body["certificate"])? != instance.certificate || der(&body["intermediateCertificates"][0])?.first() != Some(&0x30) {
            return Err("certificates".to_owned());
        }
        // Behind the 24 bytes that say RSA is the key of 2048 bits itself.
        let public = der(&body["publicKey"])?.split_off(24);
        let mut sessions = self.sessions.lock().unwrap();
        let life = instance.lives.get(sessions.len()).copied().unwrap_or(3600);
        let now = (self.behaviour.now)().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
        let token = jwt(&json!({"iat": now, "exp": now + life, "opc-tenant": TENANCY, "number": sessions.len()}));
        sessions.push(Session { token: token.clone(), public });
        Ok(self.success(json!({"token": token}).to_string()))
    }

    /// Verifies that this key signed the request, these headers and more.
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
        let now = (self.behaviour.now)();
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
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
            .verify(lines?.join("\n").as_bytes(), &signature)
            .map_err(|_| "wrong signature".to_owned())
    }
}

/// Method, target and headers.
type Head = (String, String, BTreeMap<String, String>);

/// Reads a request; `None` where the client is done.
fn head(stream: &mut impl BufRead) -> std::io::Result<Option<Head>> {
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

fn write(stream: &mut impl Write, answer: &Answer, length: usize, body: &[u8]) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {} Whatever\r\ncontent-length: {length}\r\n", answer.status);
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    // In one piece: two small writes would wait for each other's acknowledgement.
    stream.write_all(&[text.as_bytes(), body].concat())?;
    stream.flush()
}

impl Ask {
    /// `/REGION/SERVICE/PATH?QUERY`.
    fn read(target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.strip_prefix('/')?.splitn(3, '/');
        let (region, service, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let query = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decode(name), decode(value))).collect();
        Some(Self {
            region: region.to_owned(),
            service: service.to_owned(),
            path: format!("/{}", rest.trim_start_matches('/')),
            query,
            target: target.to_owned(),
        })
    }

    /// A value of the query.
    pub fn get(&self, name: &str) -> &str {
        self.query.get(name).map(String::as_str).unwrap_or_default()
    }
}

fn decode(text: &str) -> String {
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
