//! Calls of the service: signed, rate-limited, retried and paged. Each returns values, an error, or both if a later page failed.

use super::auth::credentials::Credentials;
use super::auth::signer::Signer;
use super::crypto::signature::authorization;
use super::fault::{CallError, CallErrorKind, LiveError, TransportError};
use super::memo::AnswerMemo;
use super::transport::circuit::{Failure, Hosts, Turn};
use super::transport::endpoint::BaseUrl;
use super::transport::http::Transport;
use super::transport::regions::Region;
use super::transport::response::{HttpResponse, describe_error, unreadable_response};
use super::transport::retry::{self, RateLimiter};
use super::wire::ErrorBody;
use crate::base::duration;
use crate::live::{Clock, Progress, Retry, TestSigner};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// The requested number of entries per page. The service may send fewer; no maximum is documented.
const PAGE_SIZE: &str = "100";
/// The maximum number of pages of a list. No list of a tenancy has nearly as many, but a service that always names a next page would
/// never end.
const MAX_PAGES: usize = 1000;
/// The characters that need no escape in a query (RFC 3986, section 2.3). The query is escaped here and not by the HTTP client, because
/// the signature covers the exact text that is sent.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Calls the service, with everything that a call needs.
pub(super) struct ApiClient<'a> {
    /// Sends requests.
    pub transport: Transport,
    /// Signs requests.
    pub credentials: Credentials<'a>,
    /// Measures the time since `started`.
    pub clock: &'a dyn Clock,
    /// Signs in place of the private key; set by tests only.
    pub test_signer: Option<TestSigner>,
    /// Receives retries.
    pub progress: &'a dyn Progress,
    /// The machine's time at the start of the audit.
    pub started: Timestamp,
    /// The time limit of the audit.
    pub deadline: Duration,
    /// Limits the requests per second.
    pub rate_limiter: RateLimiter,
    /// Tracks which hosts should not be called.
    pub hosts: Hosts,
    /// The answers so far, if the inventory is saved or resumed.
    pub memo: AnswerMemo,
    /// Whether any host has answered, so the network works.
    pub is_connected: AtomicBool,
    /// Whether a retry was reported to the user.
    pub has_retried: AtomicBool,
    /// The number of requests sent.
    pub calls: AtomicUsize,
    /// The number of them that were retries.
    pub retries: AtomicUsize,
}

/// A region and the base URLs of its services.
pub(super) struct RegionSite {
    /// The region.
    pub region: Region,
    /// The identity service: compartments and region subscriptions.
    pub identity: BaseUrl,
    /// The vault service.
    pub vaults: BaseUrl,
    /// Set once no further calls can be made here: the credentials are not accepted, or the audit was interrupted.
    pub halted: OnceLock<CallError>,
}

impl RegionSite {
    /// A copy in which all calls are answered from the memo or fail.
    pub(super) fn closed(&self, why: CallError) -> Self {
        Self { region: self.region.clone(), identity: self.identity.clone(), vaults: self.vaults.clone(), halted: OnceLock::from(why) }
    }

    /// Ends the audit of the region. Returns the error that ended it first.
    fn halt(&self, kind: CallErrorKind, why: String, help: Option<String>) -> CallError {
        self.halted.get_or_init(|| CallError { kind, why, help }).clone()
    }

    fn halt_with(&self, error: &LiveError) -> CallError {
        self.halt(CallErrorKind::Halted, error.to_string(), error.help())
    }
}

/// The result of a failed attempt.
enum FailedAttempt {
    /// Retry, unless there were too many attempts.
    Failed {
        fault: CallError,
        /// The status of the response; `None` if there was no response.
        status: Option<u16>,
        /// The delay that the service asks for.
        wait: Duration,
    },
    /// There is a new token: retry immediately.
    Renewed,
    /// The audit ended in the meantime.
    Abandoned,
}

impl ApiClient<'_> {
    /// Reads one object.
    pub(super) fn get<T: Serialize + DeserializeOwned>(&self, site: &RegionSite, base: &BaseUrl, path: &str) -> Result<T, CallError> {
        // Management endpoints of different vaults have the same paths, so the memo needs the complete URL.
        let memo_key = base.url(&base.target(path));
        if let Some(saved) = self.memo.get(&memo_key) {
            return Ok(saved);
        }
        let response = self.call(site, base, path)?;
        let object = serde_json::from_slice(&response.body).map_err(|error| unreadable_response(&response, &error))?;
        self.memo.put(memo_key, &object);
        Ok(object)
    }

    /// Reads all entries of a list, page by page until there is no next page. Pages can be empty. On an error, also returns the entries
    /// that were read before.
    pub(super) fn list<T: Serialize + DeserializeOwned>(
        &self,
        site: &RegionSite,
        base: &BaseUrl,
        path: &str,
        query: &[(&str, &str)],
    ) -> (Vec<T>, Option<CallError>) {
        self.list_until(site, base, path, query, |_: &[T]| false)
    }

    /// Like [`Self::list`], but reads no further pages once `is_enough` returns true.
    pub(super) fn list_until<T: Serialize + DeserializeOwned>(
        &self,
        site: &RegionSite,
        base: &BaseUrl,
        path: &str,
        query: &[(&str, &str)],
        is_enough: impl Fn(&[T]) -> bool,
    ) -> (Vec<T>, Option<CallError>) {
        let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let first = [path, "?", &pairs.join("&")].concat();
        // Without `limit` and `page`, because the memo holds the complete list.
        let memo_key = base.url(&base.target(&first));
        if let Some(saved) = self.memo.get(&memo_key) {
            return (saved, None);
        }
        let (found, fault) = self.pages(site, base, &first, is_enough);
        // Do not keep an incomplete list, so that `--resume` reads it again.
        if fault.is_none() {
            self.memo.put(memo_key, &found);
        }
        (found, fault)
    }

    fn pages<T: DeserializeOwned>(
        &self,
        site: &RegionSite,
        base: &BaseUrl,
        first: &str,
        is_enough: impl Fn(&[T]) -> bool,
    ) -> (Vec<T>, Option<CallError>) {
        let mut found = Vec::new();
        let mut fault = None;
        let mut seen = BTreeSet::new();
        let mut page = String::new();
        loop {
            let response = match self.call(site, base, &format!("{first}&limit={PAGE_SIZE}{page}")) {
                Ok(response) => response,
                Err(fault) => return (found, Some(fault)),
            };
            let entries: Vec<Value> = match serde_json::from_slice(&response.body) {
                Ok(entries) => entries,
                Err(error) => return (found, Some(unreadable_response(&response, &error))),
            };
            for entry in entries {
                match serde_json::from_value(entry) {
                    Ok(entry) => found.push(entry),
                    // One invalid entry must not hide the others, but must be reported.
                    Err(error) => fault = Some(unreadable_response(&response, &error)),
                }
            }
            match response.next_page {
                // An empty page can have a next page: only a missing `opc-next-page` ends a list, as in Oracle's SDKs.
                Some(token) if !is_enough(&found) => {
                    page = format!("&page={}", escape(&token));
                    if !seen.insert(token) {
                        return (found, Some(CallError::failed("the service returned the same page twice: the list does not end")));
                    }
                    if seen.len() >= MAX_PAGES {
                        let why = format!("the service returned {MAX_PAGES} pages and names another: the list does not end");
                        return (found, Some(CallError::failed(why)));
                    }
                }
                _ => return (found, fault),
            }
        }
    }

    /// Sends a GET request, with retries.
    fn call(&self, site: &RegionSite, base: &BaseUrl, path_and_query: &str) -> Result<HttpResponse, CallError> {
        let target = base.target(path_and_query);
        let host = base.authority();
        let started = self.clock.elapsed();
        let mut attempt = 1;
        let mut may_renew = self.credentials.is_renewable();
        loop {
            self.ensure_running(site)?;
            match self.hosts.turn(host, self.clock.elapsed()) {
                Turn::Now => {}
                Turn::At(time) => {
                    self.sleep_until(time.min(self.deadline));
                    continue;
                }
                Turn::Never(why) => return Err(CallError::failed(why)),
            }
            let outcome = self.attempt(site, base, &target, attempt, may_renew);
            let (fault, status, wait) = match outcome {
                Ok(Ok(response)) => {
                    self.hosts.record_response(host);
                    return Ok(response);
                }
                // A 404 shows as well as a 200 that the host works, so it resets the circuit.
                Err(fault) => {
                    self.hosts.record_response(host);
                    return Err(fault);
                }
                Ok(Err(FailedAttempt::Abandoned)) => {
                    self.hosts.record_abandoned(host);
                    continue;
                }
                Ok(Err(FailedAttempt::Renewed)) => {
                    self.hosts.record_response(host);
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    // Renew only once: if the new token is rejected too, so would be the next. Attempts are not counted here, so this
                    // would never end.
                    may_renew = false;
                    continue;
                }
                Ok(Err(FailedAttempt::Failed { fault, status, wait })) => (fault, status, wait),
            };
            let now = self.clock.elapsed();
            let pause = retry::backoff(attempt, retry::random_fraction()).max(wait);
            let given_up_reason = self.hosts.record_failure(host, now, &Failure { why: &fault.why, has_response: status.is_some(), pause });
            let retry_at = now.saturating_add(pause);
            if attempt >= retry::MAX_ATTEMPTS || retry_at >= started.saturating_add(retry::MAX_TIME) || retry_at >= self.deadline {
                let after = match attempt {
                    1 => String::new(),
                    _ => format!(" after {attempt} attempts"),
                };
                let delay_note = if wait > retry::MAX_TIME {
                    format!("; it asks to wait {} before the next attempt", duration(wait))
                } else {
                    String::new()
                };
                return Err(CallError { why: format!("{}{after}{delay_note}", fault.why), ..fault });
            }
            if let Some(why) = given_up_reason {
                return Err(CallError::failed(why));
            }
            self.progress.retry(&Retry {
                why: &fault.why,
                help: &self.advice(status),
                attempt: attempt + 1,
                attempts: retry::MAX_ATTEMPTS,
                pause,
                is_first: !self.has_retried.swap(true, Ordering::Relaxed),
            });
            self.sleep_until(retry_at);
            self.retries.fetch_add(1, Ordering::Relaxed);
            attempt += 1;
        }
    }

    /// Makes one attempt. The outer error is permanent.
    fn attempt(
        &self,
        site: &RegionSite,
        base: &BaseUrl,
        target: &str,
        attempt: u32,
        may_renew: bool,
    ) -> Result<Result<HttpResponse, FailedAttempt>, CallError> {
        self.rate_limiter.wait(self.clock);
        // With a low `--rps` the wait takes seconds, in which the audit may have ended.
        if self.ensure_running(site).is_err() {
            return Ok(Err(FailedAttempt::Abandoned));
        }
        let signer = self.credentials.signer(self.now()).map_err(|error| site.halt_with(&error))?;
        let host = base.host();
        let sent = self.send(base, target, &signer, attempt);
        if sent.is_ok() {
            self.is_connected.store(true, Ordering::Relaxed);
        }
        let (fault, status, wait) = match sent {
            Ok(response) if (200..300).contains(&response.status) => return Ok(Ok(response)),
            // A token can be revoked before it expires.
            Ok(response) if response.status == 401 && may_renew => {
                self.credentials.renew(&signer).map_err(|error| site.halt_with(&error))?;
                return Ok(Err(FailedAttempt::Renewed));
            }
            Ok(response) => {
                let wait = response.retry_delay(SystemTime::from(self.now())).unwrap_or_default();
                (self.classify(site, &response, &signer)?, Some(response.status), wait)
            }
            Err(TransportError::Abandoned) => return Ok(Err(FailedAttempt::Abandoned)),
            // If no host has ever answered, retries will not help: the network, the proxy or the URL is wrong.
            Err(TransportError::Unreachable(why)) if !self.is_connected.load(Ordering::Relaxed) => {
                let why = format!("cannot reach {host}: {why}");
                return Err(site.halt(CallErrorKind::Halted, why, Some(self.transport.advice())));
            }
            Err(TransportError::Unreachable(why) | TransportError::Transient(why)) => {
                (CallError::failed(format!("{host}: {why}")), None, Duration::ZERO)
            }
            Err(TransportError::Permanent(why)) => return Err(CallError::failed(format!("{host}: {why}"))),
        };
        Ok(Err(FailedAttempt::Failed { fault, status, wait }))
    }

    /// What to do if calls keep failing in this way.
    fn advice(&self, status: Option<u16>) -> String {
        match status {
            None => self.transport.advice(),
            Some(429) => "Lower `--rps` if this persists: everything that reads keys of the tenancy shares one limit".to_owned(),
            Some(_) => "See https://ocistatus.oraclecloud.com if this persists".to_owned(),
        }
    }

    /// Fails if no further calls can be made in a region.
    fn ensure_running(&self, site: &RegionSite) -> Result<(), CallError> {
        if let Some(fault) = site.halted.get() {
            return Err(fault.clone());
        }
        if self.clock.is_interrupted() {
            return Err(site.halt(CallErrorKind::Interrupted, "the audit was interrupted".to_owned(), None));
        }
        if self.clock.elapsed() >= self.deadline {
            let why = format!("the audit reached its deadline of {}", duration(self.deadline));
            let help = "Allow it more time with `--deadline`".to_owned();
            return Err(site.halt(CallErrorKind::Interrupted, why, Some(help)));
        }
        Ok(())
    }

    fn sleep_until(&self, time: Duration) {
        let now = self.clock.elapsed();
        if time > now {
            self.clock.sleep(time - now);
        }
    }

    /// Signs and sends a request.
    fn send(&self, base: &BaseUrl, target: &str, signer: &Signer, attempt: u32) -> Result<HttpResponse, TransportError> {
        let now = self.now();
        let date = httpdate::fmt_http_date(SystemTime::from(now));
        let request_line = format!("get {target}");
        let host = base.authority();
        let mut signed = vec![("date", date.as_str()), ("(request-target)", request_line.as_str()), ("host", host)];
        signed.extend(signer.delegation.as_deref().map(|token| ("opc-obo-token", token)));
        let sign = |text: &str| match self.test_signer {
            Some(sign) => Some(sign(text.as_bytes())),
            None => signer.key.sign(text.as_bytes()),
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

    /// The error of an unsuccessful response: `Ok` if it is worth a retry, `Err` if not.
    fn classify(&self, site: &RegionSite, response: &HttpResponse, signer: &Signer) -> Result<CallError, CallError> {
        let error: ErrorBody = serde_json::from_slice(&response.body).unwrap_or_default();
        let why = describe_error(response, &error);
        match response.status {
            401 => Err(site.halt_with(&self.rejection_error(site, response, signer, why))),
            403 | 404 => Err(CallError { kind: CallErrorKind::Denied, why, help: None }),
            status if retry::is_transient(status, &error.code) => Ok(CallError::failed(why)),
            _ => Err(CallError::failed(why)),
        }
    }

    /// The most likely reason for a 401.
    fn rejection_error(&self, site: &RegionSite, response: &HttpResponse, signer: &Signer, why: String) -> LiveError {
        let now = self.now();
        // A wrong clock and a wrong key result in the same 401: only the `date` of the response shows which it is.
        let service_time = response.date.as_deref().and_then(|date| httpdate::parse_http_date(date).ok());
        let service_time = service_time.and_then(|time| Timestamp::try_from(time).ok());
        // The service rejects a `date` that is off by more than five minutes.
        let skew = service_time.map(|time| now.duration_since(time).as_secs()).filter(|seconds| seconds.abs() > 300);
        let (of, region) = (self.credentials.source.clone(), site.region.name.clone());
        match (signer.expires, skew) {
            (Some(when), _) if when <= now => LiveError::ExpiredToken { of, when, profile: self.credentials.profile.clone() },
            (_, Some(seconds)) => LiveError::ClockSkew { seconds, why },
            _ if signer.has_token() => LiveError::TokenNotAccepted { of, region, why },
            _ => LiveError::NotAccepted { of, region, why },
        }
    }
}

/// Escapes a value for a query.
fn escape(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// Calls `work` for every item on up to `connections` threads. The results are in the order of the items.
pub(super) fn parallel_map<T: Sync, R: Send>(connections: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
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
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..connections.min(items.len())).map(|_| scope.spawn(worker)).collect();
        let mut results = worker();
        for other in workers {
            match other.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallel_map_keeps_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        for connections in [0, 1, 4, 200] {
            assert_eq!(parallel_map(connections, &items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
        assert!(parallel_map(4, &[] as &[usize], |item| *item).is_empty());
    }

    #[test]
    fn page_tokens_are_escaped() {
        assert_eq!(escape("AAA+/b=c d:e-._~é"), "AAA%2B%2Fb%3Dc%20d%3Ae-._~%C3%A9");
    }
}
