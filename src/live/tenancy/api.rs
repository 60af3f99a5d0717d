//! Calls: signed, spaced, retried, paged; each ends in values and, where not all went well, a fault.

use super::auth::credentials::Credentials;
use super::auth::signer::Signer;
use super::crypto::signature::authorization;
use super::fault::{CallError, CallErrorKind, LiveError, TransportError};
use super::transport::answer::{Answer, described, garbled};
use super::transport::endpoint::Base;
use super::transport::http::Transport;
use super::transport::regions::Region;
use super::transport::retry::{self, Pace};
use super::wire::ServiceError;
use crate::live::Clock;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// How many entries a page should have. The service may send fewer; a documented maximum there is none.
const PAGE: &str = "100";
/// What needs no escape in a query (RFC 3986, section 2.3): exactly what is sent is signed, so it is escaped here and not by the client.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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
    pub halted: OnceLock<CallError>,
}

impl Site {
    /// Ends the audit here; the first reason stays.
    fn halt(&self, why: String) -> CallError {
        self.halted.get_or_init(|| CallError { kind: CallErrorKind::Halted, why }).clone()
    }
}

impl Client<'_> {
    /// One object.
    pub fn one<T: DeserializeOwned>(&self, site: &Site, base: &Base, path: &str) -> Result<T, CallError> {
        let answer = self.call(site, base, path)?;
        serde_json::from_slice(&answer.body).map_err(|error| garbled(&answer, &error))
    }

    /// All entries of a list, page by page until no token comes back; pages may be empty. What was read before a fault is kept.
    pub fn list<T: DeserializeOwned>(&self, site: &Site, base: &Base, path: &str, query: &[(&str, &str)]) -> (Vec<T>, Option<CallError>) {
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
    ) -> (Vec<T>, Option<CallError>) {
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
                Err(error) => return (found, Some(garbled(&answer, &error))),
            };
            for entry in entries {
                match serde_json::from_value(entry) {
                    Ok(entry) => found.push(entry),
                    // One entry that cannot be read must not hide the others, nor be lost.
                    Err(error) => fault = Some(garbled(&answer, &error)),
                }
            }
            match answer.next_page {
                Some(token) if !enough(&found) => {
                    if !seen.insert(token.clone()) {
                        return (found, Some(CallError::failed("the service gave the same page twice: the list has no end")));
                    }
                    page = Some(token);
                }
                _ => return (found, fault),
            }
        }
    }

    /// One GET, tried until it is answered for good.
    fn call(&self, site: &Site, base: &Base, path_and_query: &str) -> Result<Answer, CallError> {
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
            let signer = self.credentials.signer(self.now()).map_err(|error| site.halt(error.to_string()))?;
            let fault = match self.send(base, &target, &signer, attempt) {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                // A token may be withdrawn before its time.
                Ok(answer) if answer.status == 401 && !renewed && self.credentials.is_renewable() => {
                    self.credentials.renew(&signer).map_err(|error| site.halt(error.to_string()))?;
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    renewed = true;
                    continue;
                }
                Ok(answer) => self.judge(site, &answer, &signer)?,
                Err(TransportError::Passing(why)) => CallError::failed(format!("{}: {why}", base.host())),
                Err(TransportError::Lasting(why)) => return Err(CallError::failed(format!("{}: {why}", base.host()))),
            };
            let pause = retry::pause(attempt, retry::chance());
            let over = self.clock.elapsed() + pause;
            if attempt >= retry::ATTEMPTS || over >= begun + retry::TOTAL || over >= self.deadline {
                return Err(CallError { why: format!("{} after {attempt} attempts", fault.why), ..fault });
            }
            self.clock.sleep(pause);
            self.retries.fetch_add(1, Ordering::Relaxed);
            attempt += 1;
        }
    }

    /// Signs and sends.
    fn send(&self, base: &Base, target: &str, signer: &Signer, attempt: u32) -> Result<Answer, TransportError> {
        let now = self.now();
        let date = httpdate::fmt_http_date(SystemTime::from(now));
        let request_line = format!("get {target}");
        let host = base.authority();
        let signed = [("date", date.as_str()), ("(request-target)", request_line.as_str()), ("host", host)];
        let authorization = authorization(&signer.key, &signer.key_id, &signed).ok_or_else(TransportError::unsigned)?;
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
    fn judge(&self, site: &Site, answer: &Answer, signer: &Signer) -> Result<CallError, CallError> {
        let error: ServiceError = serde_json::from_slice(&answer.body).unwrap_or_default();
        let why = described(answer, &error);
        match answer.status {
            401 => {
                let error = self.not_accepted(site, answer, signer, why);
                Err(site.halt(error.to_string()))
            }
            403 | 404 => Err(CallError { kind: CallErrorKind::Denied, why }),
            status if retry::is_passing(status, &error.code) => Ok(CallError::failed(why)),
            _ => Err(CallError::failed(why)),
        }
    }

    /// Why the credentials are not accepted, as far as it can be told from here.
    fn not_accepted(&self, site: &Site, answer: &Answer, signer: &Signer, why: String) -> LiveError {
        let now = self.now();
        let theirs = answer.date.as_deref().and_then(|date| httpdate::parse_http_date(date).ok());
        let theirs = theirs.and_then(|time| Timestamp::try_from(time).ok());
        let skew = theirs.map(|theirs| now.duration_since(theirs).as_secs()).filter(|seconds| seconds.abs() > 300);
        let (of, region) = (self.credentials.source.clone(), site.region.name.clone());
        match (signer.expires, skew) {
            (Some(when), _) if when <= now => LiveError::ExpiredToken { of, when, profile: self.credentials.profile.clone() },
            (_, Some(seconds)) => LiveError::ClockSkew { seconds, why },
            _ if signer.is_token() => LiveError::TokenNotAccepted { of, region, why },
            _ => LiveError::NotAccepted { of, region, why },
        }
    }
}

/// A value in a query.
fn escape(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
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
    fn page_tokens_are_escaped() {
        assert_eq!(escape("AAA+/b=c d:e-._~é"), "AAA%2B%2Fb%3Dc%20d%3Ae-._~%C3%A9");
    }
}
