//! What is known of each host: whether it should be left alone for a while, and whether it can be called at all.
//!
//! All workers share it. One that is asked to slow down slows down the others, and a host that fails again and again costs its time once
//! and not once for each compartment. Source of the numbers: `circuit_breaker.py` of Oracle's Python SDK, whose circuit opens for 30
//! seconds after 10 failures in a row, and lets one call through afterwards.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many failures in a row open the circuit.
const FAILURES: u32 = 10;
/// How long it stays open.
const OPEN: Duration = Duration::from_secs(30);
/// How often it opens without a success in between before calls fail at once, where the host answers (with 429 or 5xx). A host that does
/// not even answer gets no second chance.
const OPENINGS: u32 = 3;

/// How often those who wait for a probe look whether it is back.
const PROBE: Duration = Duration::from_millis(100);

/// What a call may do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It may be sent now.
    Now,
    /// It should wait until this time on the audit's clock, and ask again.
    At(Duration),
    /// It need not be tried, with the reason as a clause.
    Never(String),
}

/// A failed attempt.
pub(crate) struct Failure<'a> {
    /// A clause.
    pub why: &'a str,
    /// Whether the host gave an answer, if only 429 or 5xx.
    pub is_answered: bool,
    /// How long to leave the host alone.
    pub pause: Duration,
}

/// All hosts that were called.
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
    /// Open until then.
    open: Option<Duration>,
    /// One call was let through to find out whether the host is back.
    is_probed: bool,
    /// Whether the last failure was an answer.
    is_answered: bool,
    /// Why the last attempt failed.
    why: String,
}

impl Hosts {
    /// Asks to call a host at this time on the audit's clock.
    pub(crate) fn turn(&self, name: &str, now: Duration) -> Turn {
        self.with(name, |host| {
            if let Some(until) = host.open {
                // While a probe is under way the others wait for its result, a little at a time.
                let again = if host.is_probed { now + PROBE } else { until };
                if now >= until && !host.is_probed {
                    host.is_probed = true;
                    return Turn::Now;
                }
                return if host.is_dead() { Turn::Never(host.given_up(name)) } else { Turn::At(again) };
            }
            if now < host.not_before { Turn::At(host.not_before) } else { Turn::Now }
        })
    }

    /// A call was answered as it should be, or in a way that has nothing to do with the host.
    pub(crate) fn answered(&self, name: &str) {
        self.with(name, |host| *host = HostState { not_before: host.not_before, ..HostState::default() });
    }

    /// A call failed at this time. Returns why it need not be tried again, where the host is given up.
    pub(crate) fn failed(&self, name: &str, now: Duration, failure: &Failure<'_>) -> Option<String> {
        self.with(name, |host| {
            host.failures = host.failures.saturating_add(1);
            failure.why.clone_into(&mut host.why);
            host.is_answered = failure.is_answered;
            // Who is asked to slow down slows down all; whether a host is back, each call finds out in its own time.
            if failure.is_answered {
                host.not_before = host.not_before.max(now.saturating_add(failure.pause));
            }
            if host.is_probed || (host.open.is_none() && host.failures >= FAILURES) {
                host.openings += 1;
                host.is_probed = false;
                host.open = Some(now.saturating_add(OPEN.max(failure.pause)));
            }
            (host.open.is_some() && host.is_dead()).then(|| host.given_up(name))
        })
    }

    /// A call that had its turn was not made, or its answer not waited for.
    pub(crate) fn passed(&self, name: &str) {
        self.with(name, |host| host.is_probed = false);
    }

    fn with<T>(&self, name: &str, then: impl FnOnce(&mut HostState) -> T) -> T {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !hosts.contains_key(name) {
            hosts.insert(name.to_owned(), HostState::default());
        }
        then(hosts.entry(name.to_owned()).or_default())
    }
}

impl HostState {
    fn is_dead(&self) -> bool {
        !self.is_answered || self.openings >= OPENINGS
    }

    fn given_up(&self, name: &str) -> String {
        format!("{name} was not called again after {} failures in a row: {}", self.failures, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(hosts: &Hosts, now: u64, is_answered: bool) {
        let _ = hosts.failed("h", at(now), &Failure { why: "it broke", is_answered, pause: at(1) });
    }

    #[test]
    fn workers_share_one_pause() {
        let hosts = Hosts::default();
        assert_eq!(hosts.turn("h", at(0)), Turn::Now);
        assert_eq!(hosts.failed("h", at(0), &Failure { why: "429", is_answered: true, pause: at(7) }), None);
        // A shorter pause of another worker does not cut the longer one.
        fail(&hosts, 0, true);
        assert_eq!(hosts.turn("h", at(3)), Turn::At(at(7)));
        assert_eq!(hosts.turn("other", at(3)), Turn::Now);
        hosts.answered("h");
        assert_eq!(hosts.turn("h", at(6)), Turn::At(at(7)));
        assert_eq!(hosts.turn("h", at(7)), Turn::Now);
    }

    #[test]
    fn a_host_that_cannot_be_reached_is_given_up_after_ten_failures_and_tried_again_every_half_minute() {
        let hosts = Hosts::default();
        (0..9).for_each(|_| fail(&hosts, 0, false));
        assert_eq!(hosts.turn("h", at(1)), Turn::Now);
        fail(&hosts, 1, false);
        let never = Turn::Never("h was not called again after 10 failures in a row: it broke".to_owned());
        assert_eq!(hosts.turn("h", at(2)), never);
        assert_eq!(hosts.turn("h", at(30)), never);
        assert_eq!(hosts.turn("h", at(31)), Turn::Now);
        // One call finds out; the others do not wait for it.
        assert_eq!(hosts.turn("h", at(31)), never);
        fail(&hosts, 32, false);
        assert!(matches!(hosts.turn("h", at(61)), Turn::Never(_)));
        assert_eq!(hosts.turn("h", at(62)), Turn::Now);
        hosts.answered("h");
        assert_eq!(hosts.turn("h", at(62)), Turn::Now);
        assert_eq!(hosts.turn("h", at(62)), Turn::Now);
    }

    #[test]
    fn a_host_that_answers_is_waited_for_before_it_is_given_up() {
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
