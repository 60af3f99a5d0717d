//! Dead hosts, throttling, interruptions: what is reported during the audit, how long it takes, and what is saved.

use super::server::{ApiCall, Behavior, Fault, Faults, Server};
use super::tenancy::{B, C, FRA, KEYS, PRIVATE, SmallTenancy, VIRTUAL};
use super::trial::{self, SavedTexts, SkippingClock, Trial, healthy, run, run_with_sink, trial};
use crate::harness::local_reduction;
use kmslint::live::saved::{self, UnfinishedAudit};
use kmslint::live::{AuditRequest, Clock};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[test]
fn unreachable_first_call_ends_the_audit_immediately_with_help() {
    for (endpoint, why) in [
        ("http://127.0.0.1:1", "cannot reach 127.0.0.1: the connection was refused"),
        ("https://kms.invalid", "cannot reach kms.invalid: the host name cannot be resolved"),
    ] {
        let (mut request, clock) = trial::hashed_request(endpoint);
        let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
        request.endpoint = Some(endpoint.to_owned());
        let trial = run(&request, &clock, &server);
        assert_eq!(trial.inventory.problems.len(), 1, "{}", trial.messages());
        assert_eq!(trial.inventory.problems[0].message, why);
        assert!(trial.messages().contains("Check the network, DNS and the name of the region; set `HTTPS_PROXY`"), "{}", trial.messages());
        // There are no retries.
        assert_eq!((trial.elapsed, trial.retries.len()), (Duration::ZERO, 0), "{:?}", trial.retries);
    }
}

#[test]
fn unreachable_proxy_is_reported_by_its_variable() {
    let (mut request, clock) = trial::hashed_request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    request.endpoint = Some("https://192.0.2.1".to_owned());
    request.env.insert("HTTPS_PROXY".to_owned(), "http://user:hunter2@127.0.0.1:1".to_owned());
    let trial = run(&request, &clock, &server);
    assert!(trial.messages().contains("Check that the proxy in `HTTPS_PROXY` can be reached"), "{}", trial.messages());
    assert!(!trial.messages().contains("hunter2"), "{}", trial.messages());
    assert_eq!(trial.elapsed, Duration::ZERO);
}

#[test]
fn host_that_becomes_unreachable_is_retried() {
    // The network works, so the error may be transient: the vaults of one compartment have an endpoint that refuses connections.
    let dead: Faults = Box::new(|call, _| (call.path.ends_with("/vaults") && call.get("compartmentId") == B).then_some(Fault::DeadHost));
    let trial = trial(dead, None, |request| request.all_regions = false);
    assert!(trial.retries.len() >= 7, "{:?}", trial.retries);
    assert!(
        trial.retries[0].starts_with("first: 127.0.0.1: the connection was refused (2 of 8)\nCheck the network"),
        "{:?}",
        trial.retries
    );
    assert!(trial.retries[1..].iter().all(|retry| retry.starts_with("127.0.0.1: ")), "{:?}", trial.retries);
}

#[test]
fn retries_of_a_dead_endpoint_are_spent_once() {
    let dead: Faults = Box::new(|call, _| (call.path.ends_with("/vaults") && call.get("compartmentId") == B).then_some(Fault::DeadHost));
    let trial = trial(dead, None, |request| request.all_regions = false);
    assert_eq!(trial.names(), ["failed", "manual", "scheduled"]);
    let gaps: Vec<_> = trial.inventory.not_audited.iter().map(|gap| (gap.what, gap.ocid.as_str())).collect();
    // A single gap for all its compartments.
    assert_eq!(gaps, [("vault", VIRTUAL)], "{}", trial.messages());
    // Eight attempts of the first call and two of the second, of which the last opens the circuit. The other two calls are not made.
    assert_eq!(trial.retries.len(), 8, "{:?}", trial.retries);
    assert!(trial.elapsed < Duration::from_secs(120), "{:?}", trial.elapsed);
}

#[test]
fn retry_after_is_honored() {
    let wait: Faults =
        Box::new(|call, before| (call.path.ends_with("/compartments") && before == 0).then_some(Fault::RetryAfter(429, "47")));
    let trial = trial(wait, None, |_| {});
    assert!(trial.is_complete(), "{}", trial.messages());
    assert_eq!(trial.elapsed, Duration::from_secs(47));
    assert!(trial.retries[0].starts_with("first: the service answered 429 TooManyRequests"), "{:?}", trial.retries);
    assert_eq!(trial.inventory.log.last().map(String::as_str), Some("36 requests, one of them a retry"));
}

#[test]
fn retry_after_beyond_the_limit_ends_the_call() {
    for seconds in ["3600", "18446744073709551615"] {
        let wait: Faults = Box::new(move |call, _| (call.path.ends_with("/compartments")).then_some(Fault::RetryAfter(503, seconds)));
        let trial = trial(wait, None, |request| request.deadline = Duration::from_secs(300));
        assert!(trial.messages().contains("it asks to wait"), "{}", trial.messages());
        assert!(trial.elapsed < Duration::from_secs(301), "{:?}", trial.elapsed);
    }
}

#[test]
fn list_with_endless_pages_is_given_up_and_its_entries_are_kept() {
    let endless: Faults =
        Box::new(|call, _| (call.path.ends_with("/keys") && call.get("compartmentId") == C).then_some(Fault::EndlessPages));
    let trial = trial(endless, None, |request| request.all_regions = false);
    assert!(trial.messages().contains("the service returned 1000 pages and names another: the list does not end"), "{}", trial.messages());
    assert_eq!(trial.names().len(), KEYS.len() - 1);
    assert!(trial.log.len() < 2100, "{}", trial.log.len());
}

#[test]
fn progress_counts_found_objects_and_estimates_the_time_left() {
    let trial = trial(healthy(), None, |request| request.rps = 1.0);
    let last = trial.steps.last().unwrap();
    assert!(last.contains("compartments: 4, vaults: 3, keys: 9"), "{last}");
    assert!(last.contains("left: Some(0ns)"), "{last}");
    // 12 lists of keys, one per second: after the fourth, eight seconds are left.
    assert!(trial.steps.iter().any(|step| step.contains("what: \"keys\", done: 4, total: 12, left: Some(8s)")), "{:#?}", trial.steps);
}

/// Audits, and interrupts the audit before this call (from 0) is answered. Returns all saved texts too.
fn audit_interrupted_at(at: Option<usize>, change: impl FnOnce(&mut AuditRequest)) -> (Trial, Vec<String>) {
    let (mut request, clock) = trial::hashed_request("");
    let shared_clock = Arc::clone(&clock);
    let count = std::sync::atomic::AtomicUsize::new(0);
    let faults: Faults = Box::new(move |_: &ApiCall, _| {
        if Some(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) == at {
            shared_clock.interrupt();
        }
        None
    });
    let started = SystemTime::from(request.now);
    let shared_clock = Arc::clone(&clock);
    let behavior = Behavior { faults, now: Box::new(move || started + shared_clock.elapsed()), ..Behavior::default() };
    let server = Server::start(SmallTenancy::at(request.now), behavior);
    request.endpoint = Some(server.endpoint());
    request.thorough = true;
    change(&mut request);
    let saved_texts = SavedTexts::default();
    let trial = run_with_sink(&request, &clock, &server, Some(&saved_texts));
    (trial, saved_texts.0.into_inner().unwrap())
}

#[test]
fn interrupted_audit_saves_its_inventory_and_reports_gaps() {
    let (complete_trial, saved) = audit_interrupted_at(None, |_| {});
    assert!(complete_trial.is_complete(), "{}", complete_trial.messages());
    let calls = complete_trial.log.len();
    assert!(!saved.last().unwrap().contains("\"answers\""), "a complete inventory has no answers to resume from");
    for at in 0..calls - 1 {
        let (trial, saved) = audit_interrupted_at(Some(at), |_| {});
        assert_eq!(trial.log.len(), at + 1, "no request is sent after the interruption");
        assert!(trial.messages().contains("the audit was interrupted"), "{at}: {}", trial.messages());
        let Some(saved) = saved.last() else {
            assert_eq!(at, 0, "only an audit interrupted at the list of regions saves nothing");
            continue;
        };
        // The saved inventory equals the reported one, and is incomplete too.
        let again = saved::read("f", saved);
        assert_eq!(format!("{:?}", again.keys), format!("{:?}", trial.inventory.keys));
        assert_eq!(again.not_audited, trial.inventory.not_audited);
        assert!(!again.problems.is_empty(), "{at}");
        assert!(trial.names().len() + trial.inventory.not_audited.len() > 0, "{at}");
    }
}

/// Resumes an audit from a saved text.
fn resume_audit(saved: &str, endpoint: &str, server: &Server, clock: &SkippingClock, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let (mut request, _) = trial::hashed_request(endpoint);
    request.thorough = true;
    request.resume = Some(saved::resume(saved).unwrap());
    change(&mut request);
    let saved_texts = SavedTexts::default();
    run_with_sink(&request, clock, server, Some(&saved_texts))
}

#[test]
fn resumed_audit_reads_only_missing_answers() {
    let (request, clock) = trial::hashed_request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    let audit = |deadline: u64, resume: Option<UnfinishedAudit>| {
        let before = server.calls();
        let (mut request, clock) = trial::hashed_request(&server.endpoint());
        request.thorough = true;
        request.rps = 1.0;
        request.deadline = Duration::from_secs(deadline);
        request.resume = resume;
        let saved_texts = SavedTexts::default();
        let trial = run_with_sink(&request, &clock, &server, Some(&saved_texts));
        (trial, server.calls() - before, saved_texts.0.into_inner().unwrap().pop().unwrap())
    };
    let (complete_trial, calls, complete) = audit(1000, None);
    assert!(complete_trial.is_complete(), "{}", complete_trial.messages());
    for deadline in (1..calls as u64).step_by(local_reduction(4)) {
        let (first, made, saved) = audit(deadline, None);
        assert!(
            !first.is_complete() && first.messages().contains("Allow it more time with `--deadline`, or continue with `--resume`"),
            "{}",
            first.messages()
        );
        let (second, rest, again) = audit(1000, Some(saved::resume(&saved).unwrap()));
        assert!(second.is_complete(), "{deadline}: {}", second.messages());
        assert_eq!(made + rest, calls, "{deadline}: nothing is read twice");
        let times = |text: &str| text.lines().filter(|line| !line.contains("\"taken\"")).collect::<Vec<_>>().join("\n");
        assert_eq!(times(&again), times(&complete), "{deadline}");
    }
    // Credentials of another tenancy cannot resume it.
    let (_, _, saved) = audit(5, None);
    let trial = resume_audit(&saved.replace("aaaatenancy", "bbbbtenancy"), &server.endpoint(), &server, &clock, |_| {});
    assert!(trial.messages().contains("the inventory to resume is of ocid1.tenancy.oc1..bbbbtenancy"), "{}", trial.messages());
}

#[test]
fn inventory_saved_during_the_audit_can_be_checked_and_resumed() {
    let (trial, saved) = audit_interrupted_at(None, |request| request.rps = 1.0);
    assert!(trial.is_complete());
    // One call per second, saved every 15 seconds and at the end.
    assert_eq!((trial.log.len() / 15, saved.len()), (3, 3));
    let mut known = 0;
    for text in &saved[..saved.len() - 1] {
        let inventory = saved::read("f", text);
        assert_eq!(inventory.problems[0].message, "the audit did not finish");
        assert!(!inventory.not_audited.is_empty());
        let unfinished = saved::resume(text).unwrap();
        assert!(unfinished.answers.len() > known);
        known = unfinished.answers.len();
    }
    assert!(saved::read("f", &saved[1]).keys.len() >= 3);
}

#[test]
fn edited_inventory_is_read_again_and_cannot_redirect_requests() {
    let (request, clock) = trial::hashed_request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    let (mut first, shared_clock) = trial::hashed_request(&server.endpoint());
    first.thorough = true;
    first.rps = 1.0;
    first.deadline = Duration::from_secs(14);
    let saved_texts = SavedTexts::default();
    let _ = run_with_sink(&first, &shared_clock, &server, Some(&saved_texts));
    let saved = saved_texts.0.into_inner().unwrap().pop().unwrap();
    assert!(saved.contains(&format!("{}/{FRA}/{PRIVATE}", server.base)), "{saved}");
    // An endpoint outside of the realm is rejected, even from a saved inventory.
    let foreign = saved.replace(&format!("{}/{FRA}/{PRIVATE}", server.base), "https://evil.example");
    let trial = resume_audit(&foreign, &server.endpoint(), &server, &clock, |_| {});
    assert!(trial.messages().contains("its management endpoint is at evil.example, outside of oraclecloud.com"), "{}", trial.messages());
    // Invalid answers are read again from the service.
    let broken = saved.replace("\"id\": \"ocid1.compartment", "\"ids\": \"ocid1.compartment");
    let trial = resume_audit(&broken, &server.endpoint(), &server, &clock, |_| {});
    assert!(trial.is_complete(), "{}", trial.messages());
    assert_eq!(trial.names(), KEYS);
    for text in ["{}", "[]", "", r#"{"kmslint_inventory": 2, "taken": ""}"#, r#"{"kmslint_inventory": 1, "taken": "yesterday"}"#] {
        assert!(saved::resume(text).is_err(), "{text}");
    }
}
