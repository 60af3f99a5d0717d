//! Calls: signed, spaced, retried, paged; each ends in values and, where not all went well, a fault.

use super::auth::credentials::Credentials;
use super::auth::signer::Signer;
use super::crypto::signature::authorization;
use super::fault::{CallError, CallErrorKind, LiveError, TransportError};
use super::memo::AnswerMemo;
use super::transport::answer::{HttpAnswer, described, garbled};
use super::transport::circuit::{Failure, Hosts, Turn};
use super::transport::endpoint::Base;
use super::transport::http::Transport;
use super::transport::regions::Region;
use super::transport::retry::{self, Pace};
use super::wire::ErrorBody;
use crate::base::duration;
use crate::live::{Clock, Progress, Retry, SignatureMemo};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// How many entries a page should have. The service may send fewer; a documented maximum there is none.
const PAGE: &str = "100";
/// How many pages a list may have. No list of a tenancy comes near, and a service that always names a further page would never end.
const PAGES: usize = 1000;
/// What needs no escape in a query (RFC 3986, section 2.3): exactly what is sent is signed, so it is escaped here and not by the client.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Everything a call needs.
pub(super) struct ApiClient<'a> {
    /// The way to the service.
    pub transport: Transport,
    /// Who asks.
    pub credentials: Credentials<'a>,
    /// Time passing.
    pub clock: &'a dyn Clock,
    /// Who remembers signatures.
    pub signatures: Option<&'a dyn SignatureMemo>,
    /// Who hears of calls that are tried again.
    pub progress: &'a dyn Progress,
    /// The machine's time when the clock was at zero.
    pub started: Timestamp,
    /// How long everything may take.
    pub deadline: Duration,
    /// The space between requests.
    pub pace: Pace,
    /// Which hosts should be left alone.
    pub hosts: Hosts,
    /// What was answered, where that is kept.
    pub memo: AnswerMemo,
    /// Whether the network works: something was answered, whatever it was.
    pub is_connected: AtomicBool,
    /// Whether the user was reported of a call that is tried again.
    pub is_troubled: AtomicBool,
    /// How many requests were sent.
    pub calls: AtomicUsize,
    /// How many of these were retries.
    pub retries: AtomicUsize,
}

/// A region and its services.
pub(super) struct RegionSite {
    /// The region.
    pub region: Region,
    /// Compartments and region subscriptions.
    pub identity: Base,
    /// Vaults.
    pub vaults: Base,
    /// Set once nothing more can be asked here: the credentials are not accepted, or time is over.
    pub halted: OnceLock<CallError>,
}

impl RegionSite {
    /// The same region, in which nothing can be asked: calls give only what is kept already.
    pub(super) fn closed(&self, why: CallError) -> Self {
        Self { region: self.region.clone(), identity: self.identity.clone(), vaults: self.vaults.clone(), halted: OnceLock::from(why) }
    }

    /// Ends the audit here; the first reason stays.
    fn halt(&self, kind: CallErrorKind, why: String, help: Option<String>) -> CallError {
        self.halted.get_or_init(|| CallError { kind, why, help }).clone()
    }

    fn stop(&self, error: &LiveError) -> CallError {
        self.halt(CallErrorKind::Halted, error.to_string(), error.help())
    }
}

/// What came of one attempt that did not succeed.
enum FailedAttempt {
    /// Try again, unless it was tried too often.
    Failed {
        fault: CallError,
        /// The status of the answer; `None` where there was none.
        status: Option<u16>,
        /// How long the service asks to wait.
        wait: Duration,
    },
    /// There is a new token: try again at once.
    Renewed,
    /// The audit ended meanwhile.
    Abandoned,
}

impl ApiClient<'_> {
    /// One object.
    pub(super) fn one<T: Serialize + DeserializeOwned>(&self, site: &RegionSite, base: &Base, path: &str) -> Result<T, CallError> {
        // Every vault has a management host with the same paths: only complete addresses keep their answers apart.
        let name = base.url(&base.target(path));
        if let Some(kept) = self.memo.get(&name) {
            return Ok(kept);
        }
        let answer = self.call(site, base, path)?;
        let object = serde_json::from_slice(&answer.body).map_err(|error| garbled(&answer, &error))?;
        self.memo.put(name, &object);
        Ok(object)
    }

    /// All entries of a list, page by page until no token comes back; pages may be empty. What was read before a fault is returned.
    pub(super) fn list<T: Serialize + DeserializeOwned>(
        &self,
        site: &RegionSite,
        base: &Base,
        path: &str,
        query: &[(&str, &str)],
    ) -> (Vec<T>, Option<CallError>) {
        self.list_until(site, base, path, query, |_: &[T]| false)
    }

    /// The same, but no further page is asked for once `enough` says so.
    pub(super) fn list_until<T: Serialize + DeserializeOwned>(
        &self,
        site: &RegionSite,
        base: &Base,
        path: &str,
        query: &[(&str, &str)],
        enough: impl Fn(&[T]) -> bool,
    ) -> (Vec<T>, Option<CallError>) {
        let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let first = [path, "?", &pairs.join("&")].concat();
        // Without `limit` and `page`: what is kept is the complete list, and `--resume` must find it whatever its first page was.
        let name = base.url(&base.target(&first));
        if let Some(kept) = self.memo.get(&name) {
            return (kept, None);
        }
        let (found, fault) = self.pages(site, base, &first, enough);
        // A list that broke off is not kept, so that `--resume` asks for it again.
        if fault.is_none() {
            self.memo.put(name, &found);
        }
        (found, fault)
    }

    fn pages<T: DeserializeOwned>(
        &self,
        site: &RegionSite,
        base: &Base,
        first: &str,
        enough: impl Fn(&[T]) -> bool,
    ) -> (Vec<T>, Option<CallError>) {
        let mut found = Vec::new();
        let mut fault = None;
        let mut seen = BTreeSet::new();
        let mut page = String::new();
        loop {
            let answer = match self.call(site, base, &format!("{first}&limit={PAGE}{page}")) {
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
                // A page may be empty and have a successor: only a missing `opc-next-page` ends a list, as in Oracle's SDKs.
                Some(token) if !enough(&found) => {
                    page = format!("&page={}", escape(&token));
                    if !seen.insert(token) {
                        return (found, Some(CallError::failed("the service returned the same page twice: the list has no end")));
                    }
                    if seen.len() >= PAGES {
                        let why = format!("the service names further pages after {PAGES}: the list has no end");
                        return (found, Some(CallError::failed(why)));
                    }
                }
                _ => return (found, fault),
            }
        }
    }

    /// One GET, tried until it is answered for good.
    fn call(&self, site: &RegionSite, base: &Base, path_and_query: &str) -> Result<HttpAnswer, CallError> {
        let target = base.target(path_and_query);
        let host = base.authority();
        let begun = self.clock.elapsed();
        let mut attempt = 1;
        let mut may_renew = self.credentials.is_renewable();
        loop {
            self.check(site)?;
            match self.hosts.turn(host, self.clock.elapsed()) {
                Turn::Now => {}
                Turn::At(time) => {
                    self.sleep_until(time.min(self.deadline));
                    continue;
                }
                Turn::Never(why) => return Err(CallError::failed(why)),
            }
            let tried = self.attempt(site, base, &target, attempt, may_renew);
            let (fault, status, wait) = match tried {
                Ok(Ok(answer)) => {
                    self.hosts.answered(host);
                    return Ok(answer);
                }
                // A 404 shows as well as a 200 that the host works: it ends a row of failures.
                Err(fault) => {
                    self.hosts.answered(host);
                    return Err(fault);
                }
                Ok(Err(FailedAttempt::Abandoned)) => {
                    self.hosts.passed(host);
                    continue;
                }
                Ok(Err(FailedAttempt::Renewed)) => {
                    self.hosts.answered(host);
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    // Where a fresh token is rejected as well, the next would be, too: attempts are not counted here,
                    // so this would never end.
                    may_renew = false;
                    continue;
                }
                Ok(Err(FailedAttempt::Failed { fault, status, wait })) => (fault, status, wait),
            };
            let now = self.clock.elapsed();
            let pause = retry::pause(attempt, retry::chance()).max(wait);
            let given_up = self.hosts.failed(host, now, &Failure { why: &fault.why, is_answered: status.is_some(), pause });
            let again = now.saturating_add(pause);
            if attempt >= retry::ATTEMPTS || again >= begun.saturating_add(retry::TOTAL) || again >= self.deadline {
                let after = match attempt {
                    1 => String::new(),
                    _ => format!(" after {attempt} attempts"),
                };
                let asked =
                    if wait > retry::TOTAL { format!("; it asks to wait {} before the next", duration(wait)) } else { String::new() };
                return Err(CallError { why: format!("{}{after}{asked}", fault.why), ..fault });
            }
            if let Some(why) = given_up {
                return Err(CallError::failed(why));
            }
            self.progress.retry(&Retry {
                why: &fault.why,
                help: &self.advice(status),
                attempt: attempt + 1,
                attempts: retry::ATTEMPTS,
                pause,
                is_first: !self.is_troubled.swap(true, Ordering::Relaxed),
            });
            self.sleep_until(again);
            self.retries.fetch_add(1, Ordering::Relaxed);
            attempt += 1;
        }
    }

    /// Sends once. Outer errors are for good.
    fn attempt(
        &self,
        site: &RegionSite,
        base: &Base,
        target: &str,
        attempt: u32,
        may_renew: bool,
    ) -> Result<Result<HttpAnswer, FailedAttempt>, CallError> {
        self.pace.wait(self.clock);
        // The turn comes seconds later at a low `--rps`: the audit may have ended meanwhile.
        if self.check(site).is_err() {
            return Ok(Err(FailedAttempt::Abandoned));
        }
        let signer = self.credentials.signer(self.now()).map_err(|error| site.stop(&error))?;
        let host = base.host();
        let sent = self.send(base, target, &signer, attempt);
        if sent.is_ok() {
            self.is_connected.store(true, Ordering::Relaxed);
        }
        let (fault, status, wait) = match sent {
            Ok(answer) if (200..300).contains(&answer.status) => return Ok(Ok(answer)),
            // A token may be withdrawn before its time.
            Ok(answer) if answer.status == 401 && may_renew => {
                self.credentials.renew(&signer).map_err(|error| site.stop(&error))?;
                return Ok(Err(FailedAttempt::Renewed));
            }
            Ok(answer) => {
                let wait = answer.wait(SystemTime::from(self.now())).unwrap_or_default();
                (self.error_of(site, &answer, &signer)?, Some(answer.status), wait)
            }
            Err(TransportError::Abandoned) => return Ok(Err(FailedAttempt::Abandoned)),
            // Where nothing was ever answered, waiting will not help: the network, its proxy or the address is wrong.
            Err(TransportError::Unreachable(why)) if !self.is_connected.load(Ordering::Relaxed) => {
                let why = format!("cannot reach {host}: {why}");
                return Err(site.halt(CallErrorKind::Halted, why, Some(self.transport.advice())));
            }
            Err(TransportError::Unreachable(why) | TransportError::Passing(why)) => {
                (CallError::failed(format!("{host}: {why}")), None, Duration::ZERO)
            }
            Err(TransportError::Lasting(why)) => return Err(CallError::failed(format!("{host}: {why}"))),
        };
        Ok(Err(FailedAttempt::Failed { fault, status, wait }))
    }

    /// What to do where calls go on failing in this way.
    fn advice(&self, status: Option<u16>) -> String {
        match status {
            None => self.transport.advice(),
            Some(429) => "Lower `--rps` if it goes on: everything that reads keys of the tenancy shares one limit".to_owned(),
            Some(_) => "See https://ocistatus.oraclecloud.com if it goes on".to_owned(),
        }
    }

    /// Whether anything may still be asked in a region.
    fn check(&self, site: &RegionSite) -> Result<(), CallError> {
        if let Some(fault) = site.halted.get() {
            return Err(fault.clone());
        }
        if self.clock.is_interrupted() {
            return Err(site.halt(CallErrorKind::Over, "the audit was interrupted".to_owned(), None));
        }
        if self.clock.elapsed() >= self.deadline {
            let why = format!("the audit reached its deadline of {}", duration(self.deadline));
            let help = "Allow it more time with `--deadline`".to_owned();
            return Err(site.halt(CallErrorKind::Over, why, Some(help)));
        }
        Ok(())
    }

    fn sleep_until(&self, time: Duration) {
        let now = self.clock.elapsed();
        if time > now {
            self.clock.sleep(time - now);
        }
    }

    /// Signs and sends.
    fn send(&self, base: &Base, target: &str, signer: &Signer, attempt: u32) -> Result<HttpAnswer, TransportError> {
        let now = self.now();
        let date = httpdate::fmt_http_date(SystemTime::from(now));
        let request_line = format!("get {target}");
        let host = base.authority();
        let mut signed = vec![("date", date.as_str()), ("(request-target)", request_line.as_str()), ("host", host)];
        signed.extend(signer.delegation.as_deref().map(|token| ("opc-obo-token", token)));
        let sign = |text: &str| {
            let sign = || signer.key.sign(text.as_bytes());
            self.signatures.map_or_else(sign, |memo| memo.signature(text, &sign))
        };
        let authorization = authorization(&sign, &signer.key_id, &signed).ok_or_else(TransportError::unsigned)?;
        let id = retry::request_id();
        let mut headers = vec![
            ("date", date.as_str()),
            ("host", host),
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("opc-request-id", id.as_str()),
        ];
        headers.extend(signer.delegation.as_deref().map(|token| ("opc-obo-token", token)));
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
    fn error_of(&self, site: &RegionSite, answer: &HttpAnswer, signer: &Signer) -> Result<CallError, CallError> {
        let error: ErrorBody = serde_json::from_slice(&answer.body).unwrap_or_default();
        let why = described(answer, &error);
        match answer.status {
            401 => Err(site.stop(&self.not_accepted(site, answer, signer, why))),
            403 | 404 => Err(CallError { kind: CallErrorKind::Denied, why, help: None }),
            status if retry::is_passing(status, &error.code) => Ok(CallError::failed(why)),
            _ => Err(CallError::failed(why)),
        }
    }

    /// Why the credentials are not accepted, as far as it can be told from here.
    fn not_accepted(&self, site: &RegionSite, answer: &HttpAnswer, signer: &Signer, why: String) -> LiveError {
        let now = self.now();
        // A wrong clock and a wrong key give the same 401: only the `date` of the answer shows which it is.
        let theirs = answer.date.as_deref().and_then(|date| httpdate::parse_http_date(date).ok());
        let theirs = theirs.and_then(|time| Timestamp::try_from(time).ok());
        // The service rejects a `date` that is more than five minutes off.
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
pub(super) fn each<T: Sync, R: Send>(connections: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
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
