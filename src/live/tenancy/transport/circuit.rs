//! A circuit breaker for each host: whether it can be called now, later or not at all.
//!
//! All workers share the breakers. If the service asks one worker to slow down, all slow down, and the retries for a failing host are spent
//! once and not once for each compartment. Source of the numbers: `circuit_breaker.py` of Oracle's Python SDK, whose circuit opens for 30
//! seconds after 10 failures in a row, and lets one call through afterward.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The number of failures in a row that opens the circuit.
const FAILURES_TO_OPEN: u32 = 10;
/// How long the circuit stays open.
const OPEN_FOR: Duration = Duration::from_secs(30);
/// The number of openings without a success in between after which calls fail immediately. Applies to a host that responds (with 429 or
/// 5xx); a host that does not respond is given up when its circuit opens first.
const MAX_OPENINGS: u32 = 3;

/// How often workers check whether another worker's probe has finished.
const PROBE_INTERVAL: Duration = Duration::from_millis(100);

/// Whether a call may be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The call may be sent now.
    Now,
    /// The call should wait until this time on the audit's clock, and ask again.
    At(Duration),
    /// The call should not be sent, with the reason as a clause.
    Never(String),
}

/// A failed attempt.
pub(crate) struct Failure<'a> {
    /// The error, a clause.
    pub why: &'a str,
    /// Whether the host responded, even if only with 429 or 5xx.
    pub has_response: bool,
    /// How long the host should not be called.
    pub pause: Duration,
}

/// The circuit breakers of all called hosts.
#[derive(Default)]
pub(crate) struct Hosts(Mutex<BTreeMap<String, HostState>>);

#[derive(Default)]
struct HostState {
    /// No call before this time.
    not_before: Duration,
    /// Failed attempts since the last success.
    failures: u32,
    /// How often the circuit opened since the last success.
    openings: u32,
    /// The circuit is open until this time; `None` if it is closed.
    open_until: Option<Duration>,
    /// Whether a call was let through to find out if the host is back.
    is_probing: bool,
    /// Whether the host responded to the last failed attempt.
    has_response: bool,
    /// Why the last attempt failed.
    why: String,
}

impl Hosts {
    /// Whether a host may be called at this time on the audit's clock.
    pub(crate) fn turn(&self, name: &str, now: Duration) -> Turn {
        self.with_host(name, |host| {
            if let Some(until) = host.open_until {
                // While a probe is in progress, the other workers poll for its result.
                let retry_at = if host.is_probing { now + PROBE_INTERVAL } else { until };
                if now >= until && !host.is_probing {
                    host.is_probing = true;
                    return Turn::Now;
                }
                return if host.is_dead() { Turn::Never(host.given_up_reason(name)) } else { Turn::At(retry_at) };
            }
            if now < host.not_before { Turn::At(host.not_before) } else { Turn::Now }
        })
    }

    /// Records a response that shows that the host works, even if it is an error such as 404.
    pub(crate) fn record_response(&self, name: &str) {
        self.with_host(name, |host| *host = HostState { not_before: host.not_before, ..HostState::default() });
    }

    /// Records a failure at this time. Returns why the call should not be retried, if the host is given up.
    pub(crate) fn record_failure(&self, name: &str, now: Duration, failure: &Failure<'_>) -> Option<String> {
        self.with_host(name, |host| {
            host.failures = host.failures.saturating_add(1);
            failure.why.clone_into(&mut host.why);
            host.has_response = failure.has_response;
            // Only a response delays the other workers: it asks to slow down. Without one, each call backs off on its own.
            if failure.has_response {
                host.not_before = host.not_before.max(now.saturating_add(failure.pause));
            }
            if host.is_probing || (host.open_until.is_none() && host.failures >= FAILURES_TO_OPEN) {
                host.openings += 1;
                host.is_probing = false;
                host.open_until = Some(now.saturating_add(OPEN_FOR.max(failure.pause)));
            }
            (host.open_until.is_some() && host.is_dead()).then(|| host.given_up_reason(name))
        })
    }

    /// Records that an allowed call was not sent, or that its response was not waited for.
    pub(crate) fn record_abandoned(&self, name: &str) {
        self.with_host(name, |host| host.is_probing = false);
    }

    fn with_host<T>(&self, name: &str, then: impl FnOnce(&mut HostState) -> T) -> T {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !hosts.contains_key(name) {
            hosts.insert(name.to_owned(), HostState::default());
        }
        then(hosts.entry(name.to_owned()).or_default())
    }
}

impl HostState {
    fn is_dead(&self) -> bool {
        !self.has_response || self.openings >= MAX_OPENINGS
    }

    fn given_up_reason(&self, name: &str) -> String {
        format!("{name} was not called again after {} failures in a row: {}", self.failures, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(hosts: &Hosts, now: u64, has_response: bool) {
        let _ = hosts.record_failure("h", at(now), &Failure { why: "it broke", has_response, pause: at(1) });
    }

    #[test]
    fn pause_applies_to_all_workers() {
        let hosts = Hosts::default();
        assert_eq!(hosts.turn("h", at(0)), Turn::Now);
        assert_eq!(hosts.record_failure("h", at(0), &Failure { why: "429", has_response: true, pause: at(7) }), None);
        // A shorter pause of another worker does not shorten it.
        fail(&hosts, 0, true);
        assert_eq!(hosts.turn("h", at(3)), Turn::At(at(7)));
        assert_eq!(hosts.turn("other", at(3)), Turn::Now);
        hosts.record_response("h");
        assert_eq!(hosts.turn("h", at(6)), Turn::At(at(7)));
        assert_eq!(hosts.turn("h", at(7)), Turn::Now);
    }

    #[test]
    fn unreachable_host_is_given_up_after_ten_failures_and_probed_every_30_seconds() {
        let hosts = Hosts::default();
        (0..9).for_each(|_| fail(&hosts, 0, false));
        assert_eq!(hosts.turn("h", at(1)), Turn::Now);
        fail(&hosts, 1, false);
        let never = Turn::Never("h was not called again after 10 failures in a row: it broke".to_owned());
        assert_eq!(hosts.turn("h", at(2)), never);
        assert_eq!(hosts.turn("h", at(30)), never);
        assert_eq!(hosts.turn("h", at(31)), Turn::Now);
        // One call probes the host; the others do not wait for it.
        assert_eq!(hosts.turn("h", at(31)), never);
        fail(&hosts, 32, false);
        assert!(matches!(hosts.turn("h", at(61)), Turn::Never(_)));
        assert_eq!(hosts.turn("h", at(62)), Turn::Now);
        hosts.record_response("h");
        assert_eq!(hosts.turn("h", at(62)), Turn::Now);
        assert_eq!(hosts.turn("h", at(62)), Turn::Now);
    }

    #[test]
    fn responding_host_is_retried_before_it_is_given_up() {
        let hosts = Hosts::default();
        (0..10).for_each(|_| fail(&hosts, 0, true));
        assert_eq!(hosts.turn("h", at(1)), Turn::At(at(30)));
        assert_eq!(hosts.turn("h", at(30)), Turn::Now);
        assert!(matches!(hosts.turn("h", at(30)), Turn::At(_)));
        fail(&hosts, 30, true);
        assert_eq!(hosts.turn("h", at(31)), Turn::At(at(60)));
        assert_eq!(hosts.turn("h", at(60)), Turn::Now);
        fail(&hosts, 60, true);
        assert!(matches!(hosts.turn("h", at(61)), Turn::Never(_)));
    }
}
