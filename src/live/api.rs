//! Calls: signed, spaced, retried, paged; each ends in values and, where not all went well, a fault.

use super::auth::{Credentials, Signer};
use super::endpoint::Base;
use super::errors;
use super::regions::Region;
use super::request::Clock;
use super::retry::{self, Pace};
use super::sign::{authorization, escape};
use super::transport::{Answer, Failure, Transport};
use super::wire::ServiceError;
use jiff::Timestamp;
use regex::Regex;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, SystemTime};

/// How many entries a page should have. The service may send fewer; a documented maximum there is none.
const PAGE: &str = "100";

/// Everything a call needs.
pub struct Client<'a> {
    /// The way to the service.
    pub transport: Transport,
    /// Who asks.
    pub credentials: Credentials<'a>,
    /// Time passing.
    pub clock: &'a dyn Clock,
    /// The machine's time when the clock was at zero.
    pub started: Timestamp,
    /// How long everything may take.
    pub deadline: Duration,
    /// The space between requests.
    pub pace: Pace,
    /// How many requests were sent.
    pub calls: AtomicUsize,
    /// How many of these were further attempts.
    pub retries: AtomicUsize,
}

/// A region and its services.
pub struct Site {
    /// The region.
    pub region: Region,
    /// Compartments and region subscriptions.
    pub identity: Base,
    /// Vaults.
    pub vaults: Base,
    /// Set once nothing more can be asked here: the credentials are not accepted, or time is over.
    pub halted: OnceLock<Fault>,
}

/// What kind of thing went wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 404 and 403: there is no such thing, or we may not see it. The service does not tell which.
    Denied,
    /// The credentials are not accepted here, or time is over: all further calls end so.
    Halted,
    /// Anything else.
    Failed,
}

/// Why a call gave nothing, or not everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// A clause: "the service answered 500 InternalServerError (request 5A…)".
    pub why: String,
}

impl Fault {
    fn failed(why: impl Into<String>) -> Self {
        Self { kind: FaultKind::Failed, why: why.into() }
    }
}

impl Site {
    /// Ends the audit here; the first reason stays.
    fn halt(&self, why: String) -> Fault {
        self.halted.get_or_init(|| Fault { kind: FaultKind::Halted, why }).clone()
    }
}

impl Client<'_> {
    /// One object.
    pub fn one<T: DeserializeOwned>(&self, site: &Site, base: &Base, path: &str) -> Result<T, Fault> {
        let answer = self.call(site, base, path)?;
        serde_json::from_slice(&answer.body).map_err(|error| garbled(&answer, &error.to_string()))
    }

    /// All entries of a list, page by page until no token comes back; pages may be empty. What was read before a fault is kept.
    pub fn list<T: DeserializeOwned>(&self, site: &Site, base: &Base, path: &str, query: &[(&str, &str)]) -> (Vec<T>, Option<Fault>) {
        self.list_until(site, base, path, query, |_: &[T]| false)
    }

    /// The same, but no further page is asked for once `enough` says so.
    pub fn list_until<T: DeserializeOwned>(
        &self,
        site: &Site,
        base: &Base,
        path: &str,
        query: &[(&str, &str)],
        enough: impl Fn(&[T]) -> bool,
    ) -> (Vec<T>, Option<Fault>) {
        let mut found = Vec::new();
        let mut fault = None;
        let mut seen = BTreeSet::new();
        let mut page: Option<String> = None;
        loop {
            let mut pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
            pairs.push(format!("limit={PAGE}"));
            pairs.extend(page.iter().map(|token| format!("page={}", escape(token))));
            let answer = match self.call(site, base, &format!("{path}?{}", pairs.join("&"))) {
                Ok(answer) => answer,
                Err(fault) => return (found, Some(fault)),
            };
            let entries: Vec<Value> = match serde_json::from_slice(&answer.body) {
                Ok(entries) => entries,
                Err(error) => return (found, Some(garbled(&answer, &error.to_string()))),
            };
            for entry in entries {
                match serde_json::from_value(entry) {
                    Ok(entry) => found.push(entry),
                    // One entry that cannot be read must not hide the others, nor be lost.
                    Err(error) => fault = Some(garbled(&answer, &error.to_string())),
                }
            }
            match answer.next_page {
                Some(token) if !enough(&found) => {
                    if !seen.insert(token.clone()) {
                        return (found, Some(Fault::failed("the service gave the same page twice: the list has no end")));
                    }
                    page = Some(token);
                }
                _ => return (found, fault),
            }
        }
    }

    /// One GET, tried until it is answered for good.
    fn call(&self, site: &Site, base: &Base, path_and_query: &str) -> Result<Answer, Fault> {
        let target = base.target(path_and_query);
        let begun = self.clock.elapsed();
        let mut attempt = 1;
        let mut renewed = false;
        loop {
            if let Some(fault) = site.halted.get() {
                return Err(fault.clone());
            }
            self.pace.wait(self.clock);
            if self.clock.elapsed() >= self.deadline {
                let why = format!("the audit was to end after {} s", self.deadline.as_secs());
                return Err(site.halt(why));
            }
            let signer = self.credentials.signer(self.now()).map_err(|trouble| site.halt(trouble.message))?;
            let fault = match self.send(base, &target, &signer, attempt) {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                // A token may be withdrawn before its time.
                Ok(answer) if answer.status == 401 && !renewed && self.credentials.is_renewable() => {
                    self.credentials.renew(&signer).map_err(|trouble| site.halt(trouble.message))?;
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    renewed = true;
                    continue;
                }
                Ok(answer) => self.judge(site, &answer, &signer)?,
                Err(Failure::Passing(why)) => Fault::failed(format!("{}: {why}", base.host())),
                Err(Failure::Lasting(why)) => return Err(Fault::failed(format!("{}: {why}", base.host()))),
            };
            let pause = retry::pause(attempt, retry::chance());
            let over = self.clock.elapsed() + pause;
            if attempt >= retry::ATTEMPTS || over >= begun + retry::TOTAL || over >= self.deadline {
                return Err(Fault { why: format!("{} after {attempt} attempts", fault.why), ..fault });
            }
            self.clock.sleep(pause);
            self.retries.fetch_add(1, Ordering::Relaxed);
            attempt += 1;
        }
    }

    /// Signs and sends.
    fn send(&self, base: &Base, target: &str, signer: &Signer, attempt: u32) -> Result<Answer, Failure> {
        let now = self.now();
        let date = httpdate::fmt_http_date(SystemTime::from(now));
        let request_line = format!("get {target}");
        let host = base.authority();
        let signed = [("date", date.as_str()), ("(request-target)", request_line.as_str()), ("host", host)];
        let authorization = authorization(&signer.key, &signer.key_id, &signed)
            .ok_or_else(|| Failure::Lasting("the request could not be signed: the system gives no random numbers".to_owned()))?;
        let id = retry::request_id();
        let mut headers = vec![
            ("date", date.as_str()),
            ("host", host),
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("opc-request-id", id.as_str()),
        ];
        if attempt > 1 {
            headers.push(("opc-client-retries", "true"));
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.transport.get(&base.url(target), &headers)
    }

    /// The machine's time.
    fn now(&self) -> Timestamp {
        self.started.checked_add(self.clock.elapsed()).unwrap_or(self.started)
    }

    /// An answer that is no success: a fault worth another attempt, or one for good.
    fn judge(&self, site: &Site, answer: &Answer, signer: &Signer) -> Result<Fault, Fault> {
        let error: ServiceError = serde_json::from_slice(&answer.body).unwrap_or_default();
        let why = described(answer, &error);
        match answer.status {
            401 => {
                let why = self.not_accepted(site, answer, signer, &why);
                Err(site.halt(why))
            }
            403 | 404 => Err(Fault { kind: FaultKind::Denied, why }),
            status if retry::is_passing(status, &error.code) => Ok(Fault::failed(why)),
            _ => Err(Fault::failed(why)),
        }
    }

    /// Why the credentials are not accepted, as far as it can be told from here.
    fn not_accepted(&self, site: &Site, answer: &Answer, signer: &Signer, why: &str) -> String {
        let now = self.now();
        let theirs = answer.date.as_deref().and_then(|date| httpdate::parse_http_date(date).ok());
        let theirs = theirs.and_then(|time| Timestamp::try_from(time).ok());
        let skew = theirs.map(|theirs| now.duration_since(theirs).as_secs()).filter(|seconds| seconds.abs() > 300);
        match (signer.expires, skew) {
            (Some(expires), _) if expires <= now => {
                errors::expired_token(&self.credentials.source, &expires.to_string(), self.credentials.profile.as_deref()).message
            }
            (_, Some(seconds)) => errors::clock_skew(seconds, why),
            _ if signer.is_token() => errors::token_not_accepted(&self.credentials.source, &site.region.name, why),
            _ => errors::not_accepted(&self.credentials.source, &site.region.name, why),
        }
    }
}

/// Does `work` for every item, a few at once; results are in the order of the items.
pub fn each<T: Sync, R: Send>(connections: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            match items.get(at) {
                Some(item) => done.push((at, work(item))),
                None => return done,
            }
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..connections.min(items.len())).map(|_| scope.spawn(worker)).collect();
        let mut all = worker();
        for other in workers {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}

/// An answer in a clause: status, code, what the service says, the id to quote in a ticket.
pub fn described(answer: &Answer, error: &ServiceError) -> String {
    let mut text = format!("the service answered {}", answer.status);
    if !error.code.is_empty() {
        text.push(' ');
        text.push_str(&printable(&error.code, 60));
    }
    if !error.message.is_empty() {
        text.push_str(&format!(", “{}”", printable(error.message.trim_end_matches('.'), 200)));
    }
    if let Some(id) = &answer.request_id {
        text.push_str(&format!(" (request {})", printable(id, 100)));
    }
    text
}

/// An answer that is not what it should be.
fn garbled(answer: &Answer, why: &str) -> Fault {
    let start = answer.body.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    let what = match start {
        None => "an empty answer".to_owned(),
        Some(b'<') => "a web page in place of JSON; a proxy may be in the way".to_owned(),
        Some(_) => format!("an answer that cannot be read ({})", printable(why, 200)),
    };
    Fault::failed(format!("the service gave {what}"))
}

/// Text of the other side, cut, without anything that could steer a terminal and without what we sent to prove who we are: some
/// gateways quote the headers of a request that they refuse.
fn printable(text: &str, length: usize) -> String {
    without_credentials(text).chars().map(|c| if c.is_control() { ' ' } else { c }).take(length).collect()
}

/// Replaces key ids, tokens and signatures by `[hidden]`.
fn without_credentials(text: &str) -> Cow<'_, str> {
    // The value after a header's or parameter's name; a session token (`ST$…`) or a JWT wherever it is; a run of Base64 as long as a signature.
    const SECRETS: &str = r#"(?ix)
        (?: key_?id | signature | authorization | bearer | opc-obo-token | (?: security[-_]? | session[-_]? )? token )
            ["']? \s* [:=\s] \s* (?: "[^"]*"? | '[^']*'? | [^\s,;]+ )
        | ST\$ [^\s"',;]+
        | eyJ [a-z0-9_\-]{10,} (?: \. [a-z0-9_\-]* )*
        | [a-z0-9+/_\-]{64,} ={0,2}"#;
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SECRETS).ok());
    match &*PATTERN {
        Some(pattern) => pattern.replace_all(text, "[hidden]"),
        None => Cow::Borrowed("[hidden]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items_whoever_is_first() {
        let items: Vec<usize> = (0..100).collect();
        for connections in [0, 1, 4, 200] {
            assert_eq!(each(connections, &items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
        assert!(each(4, &[] as &[usize], |item| *item).is_empty());
    }

    #[test]
    fn what_proves_who_we_are_is_not_quoted_back() {
        let token = format!("ST$eyJraWQi{}", "aB3".repeat(40));
        let signature = format!("{}==", "Zm9v/+".repeat(50));
        let echo = format!("bad request: authorization: Signature keyId=\"{token}\",algorithm=\"rsa-sha256\",signature=\"{signature}\"");
        for text in
            [echo.as_str(), token.as_str(), &format!("token={token}"), &format!("saw '{signature}'"), "Bearer abc.def", "keyId: t/u/12:34"]
        {
            let shown = printable(text, 1000);
            for part in ["eyJ", "aB3", "Zm9v", "abc.def", "t/u/12:34"] {
                assert!(!shown.contains(part), "{shown}");
            }
            assert!(shown.contains("[hidden]"), "{shown}");
        }
        let plain = "Automatic key rotation is not supported with VIRTUAL vaults (ocid1.vault.oc1.iad.aaaa)";
        assert_eq!(printable(plain, 1000), plain);
    }

    #[test]
    fn the_other_sides_words_cannot_steer_a_terminal() {
        let answer = Answer { status: 400, next_page: None, request_id: Some("A\u{1b}[2J".to_owned()), date: None, body: Vec::new() };
        let error = ServiceError { code: "InvalidParameter".to_owned(), message: "no\n::error::yes.".to_owned() };
        assert_eq!(described(&answer, &error), "the service answered 400 InvalidParameter, “no ::error::yes” (request A [2J)");
    }
}
