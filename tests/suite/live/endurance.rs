//! Dead hosts, throttling, interruptions: what is said while the audit works, what it costs, and what is kept.

use super::server::{ApiCall, Behavior, Fault, Faults, Server};
use super::tenancy::{B, C, FRA, KEYS, PRIVATE, SmallTenancy, VIRTUAL};
use super::trial::{self, SavedTexts, SkippingClock, Trial, healthy, run, run_with_sink, trial};
use kmslint::live::saved::{self, UnfinishedAudit};
use kmslint::live::{AuditRequest, Clock};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[test]
fn a_first_call_that_cannot_be_made_ends_the_audit_at_once_with_what_to_do() {
    for (endpoint, why) in [
        ("http://127.0.0.1:1", "cannot reach 127.0.0.1: the connection was refused"),
        ("https://kms.invalid", "cannot reach kms.invalid: the host name cannot be resolved"),
    ] {
        let (mut request, clock) = trial::request(endpoint);
        let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
        request.endpoint = Some(endpoint.to_owned());
        let trial = run(&request, &clock, &server);
        assert_eq!(trial.inventory.problems.len(), 1, "{}", trial.messages());
        assert_eq!(trial.inventory.problems[0].message, why);
        assert!(trial.messages().contains("Check the network, DNS and the name of the region; set `HTTPS_PROXY`"), "{}", trial.messages());
        // Nothing was waited for.
        assert_eq!((trial.elapsed, trial.retries.len()), (Duration::ZERO, 0), "{:?}", trial.retries);
    }
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named() {
    let (mut request, clock) = trial::request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    request.endpoint = Some("https://192.0.2.1".to_owned());
    request.env.insert("HTTPS_PROXY".to_owned(), "http://user:hunter2@127.0.0.1:1".to_owned());
    let trial = run(&request, &clock, &server);
    assert!(trial.messages().contains("Check that the proxy in `HTTPS_PROXY` can be reached"), "{}", trial.messages());
    assert!(!trial.messages().contains("hunter2"), "{}", trial.messages());
    assert_eq!(trial.elapsed, Duration::ZERO);
}

#[test]
fn a_host_that_is_gone_later_is_tried_again() {
    // The network works, so the refusal may pass: vaults of one compartment come with an endpoint where nothing listens.
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
fn a_dead_endpoint_costs_its_time_once() {
    let dead: Faults = Box::new(|call, _| (call.path.ends_with("/vaults") && call.get("compartmentId") == B).then_some(Fault::DeadHost));
    let trial = trial(dead, None, |request| request.all_regions = false);
    assert_eq!(trial.names(), ["failed", "manual", "scheduled"]);
    let gaps: Vec<_> = trial.inventory.not_audited.iter().map(|gap| (gap.what, gap.ocid.as_str())).collect();
    // All of its compartments in one line.
    assert_eq!(gaps, [("vault", VIRTUAL)], "{}", trial.messages());
    // Eight attempts of the first call and two of the second, the last of which opens the circuit; the other two calls are not made.
    assert_eq!(trial.retries.len(), 8, "{:?}", trial.retries);
    assert!(trial.elapsed < Duration::from_secs(120), "{:?}", trial.elapsed);
}

#[test]
fn the_service_says_how_long_to_wait() {
    let wait: Faults =
        Box::new(|call, before| (call.path.ends_with("/compartments") && before == 0).then_some(Fault::RetryAfter(429, "47")));
    let trial = trial(wait, None, |_| {});
    assert!(trial.is_complete(), "{}", trial.messages());
    assert_eq!(trial.elapsed, Duration::from_secs(47));
    assert!(trial.retries[0].starts_with("first: the service answered 429 TooManyRequests"), "{:?}", trial.retries);
    assert_eq!(trial.inventory.log.last().map(String::as_str), Some("36 requests, one of them a retry"));
}

#[test]
fn a_wait_that_is_too_long_is_not_waited_for() {
    for seconds in ["3600", "18446744073709551615"] {
        let wait: Faults = Box::new(move |call, _| (call.path.ends_with("/compartments")).then_some(Fault::RetryAfter(503, seconds)));
        let trial = trial(wait, None, |request| request.deadline = Duration::from_secs(300));
        assert!(trial.messages().contains("it asks to wait"), "{}", trial.messages());
        assert!(trial.elapsed < Duration::from_secs(301), "{:?}", trial.elapsed);
    }
}

#[test]
fn a_list_with_ever_new_pages_is_given_up_and_what_was_read_is_kept() {
    let endless: Faults =
        Box::new(|call, _| (call.path.ends_with("/keys") && call.get("compartmentId") == C).then_some(Fault::EndlessPages));
    let trial = trial(endless, None, |request| request.all_regions = false);
    assert!(trial.messages().contains("the service names further pages after 1000: the list has no end"), "{}", trial.messages());
    assert_eq!(trial.names().len(), KEYS.len() - 1);
    assert!(trial.log.len() < 2100, "{}", trial.log.len());
}

#[test]
fn progress_counts_what_was_found_and_estimates_the_rest() {
    let trial = trial(healthy(), None, |request| request.rps = 1.0);
    let last = trial.steps.last().unwrap();
    assert!(last.contains("compartments: 4, vaults: 3, keys: 9"), "{last}");
    assert!(last.contains("left: Some(0ns)"), "{last}");
    // 12 lists of keys, one a second: after the fourth there are eight seconds left.
    assert!(trial.steps.iter().any(|step| step.contains("what: \"keys\", done: 4, total: 12, left: Some(8s)")), "{:#?}", trial.steps);
}

/// Audits with somebody who saves, interrupted before this call is answered (from 0), and gives what was saved last.
fn interrupted(at: Option<usize>, change: impl FnOnce(&mut AuditRequest)) -> (Trial, Vec<String>) {
    let (mut request, clock) = trial::cached_request();
    let theirs = Arc::clone(&clock);
    let count = std::sync::atomic::AtomicUsize::new(0);
    let faults: Faults = Box::new(move |_: &ApiCall, _| {
        if Some(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) == at {
            theirs.interrupt();
        }
        None
    });
    let started = SystemTime::from(request.now);
    let theirs = Arc::clone(&clock);
    let behavior = Behavior { faults, now: Box::new(move || started + theirs.elapsed()), ..Behavior::default() };
    let server = Server::restart(SmallTenancy::at(request.now), behavior);
    request.endpoint = Some(server.endpoint());
    request.thorough = true;
    change(&mut request);
    let kept = SavedTexts::default();
    let trial = run_with_sink(&request, &clock, &server, Some(&kept));
    (trial, kept.0.into_inner().unwrap())
}

#[test]
fn an_interrupted_audit_keeps_what_was_read_and_says_what_was_not() {
    let (whole, saved) = interrupted(None, |_| {});
    assert!(whole.is_complete(), "{}", whole.messages());
    let calls = whole.log.len();
    assert!(!saved.last().unwrap().contains("\"answers\""), "a complete inventory has nothing to go on from");
    for at in 0..calls - 1 {
        let (trial, saved) = interrupted(Some(at), |_| {});
        assert_eq!(trial.log.len(), at + 1, "nothing is sent after the interruption");
        assert!(trial.messages().contains("the audit was interrupted"), "{at}: {}", trial.messages());
        let Some(saved) = saved.last() else {
            assert_eq!(at, 0, "everything but the regions can be saved");
            continue;
        };
        // What was saved is what is reported: checked elsewhere, it is incomplete too.
        let again = saved::read("f", saved);
        assert_eq!(format!("{:?}", again.keys), format!("{:?}", trial.inventory.keys));
        assert_eq!(again.not_audited, trial.inventory.not_audited);
        assert!(!again.problems.is_empty(), "{at}");
        assert!(trial.names().len() + trial.inventory.not_audited.len() > 0, "{at}");
    }
}

/// Goes on from what was saved, with a server of its own at the same address.
fn resumed(saved: &str, endpoint: &str, server: &Server, clock: &SkippingClock, change: impl FnOnce(&mut AuditRequest)) -> Trial {
    let (mut request, _) = trial::request(endpoint);
    request.thorough = true;
    request.resume = Some(saved::resume(saved).unwrap());
    change(&mut request);
    let kept = SavedTexts::default();
    run_with_sink(&request, clock, server, Some(&kept))
}

#[test]
fn a_resumed_audit_reads_only_what_is_missing() {
    let (request, clock) = trial::request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    let audit = |deadline: u64, resume: Option<UnfinishedAudit>| {
        let before = server.calls();
        let (mut request, clock) = trial::request(&server.endpoint());
        request.thorough = true;
        request.rps = 1.0;
        request.deadline = Duration::from_secs(deadline);
        request.resume = resume;
        let kept = SavedTexts::default();
        let trial = run_with_sink(&request, &clock, &server, Some(&kept));
        (trial, server.calls() - before, kept.0.into_inner().unwrap().pop().unwrap())
    };
    let (whole, calls, complete) = audit(1000, None);
    assert!(whole.is_complete(), "{}", whole.messages());
    for deadline in 1..calls as u64 {
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
    // Another tenancy's credentials cannot go on.
    let (_, _, saved) = audit(5, None);
    let trial = resumed(&saved.replace("aaaatenancy", "bbbbtenancy"), &server.endpoint(), &server, &clock, |_| {});
    assert!(trial.messages().contains("the inventory to resume is of ocid1.tenancy.oc1..bbbbtenancy"), "{}", trial.messages());
}

#[test]
fn what_is_saved_on_the_way_can_be_checked_and_continued() {
    let (trial, saved) = interrupted(None, |request| request.rps = 1.0);
    assert!(trial.is_complete());
    // One call a second, saved every 15 seconds and at the end.
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
fn a_saved_inventory_that_was_edited_is_read_again_and_leads_nowhere_else() {
    let (request, clock) = trial::request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    let (mut first, theirs) = trial::request(&server.endpoint());
    first.thorough = true;
    first.rps = 1.0;
    first.deadline = Duration::from_secs(14);
    let kept = SavedTexts::default();
    let _ = run_with_sink(&first, &theirs, &server, Some(&kept));
    let saved = kept.0.into_inner().unwrap().pop().unwrap();
    assert!(saved.contains(&format!("{}/{FRA}/{PRIVATE}", server.base)), "{saved}");
    // An endpoint outside of the realm is refused, wherever it was read.
    let evil = saved.replace(&format!("{}/{FRA}/{PRIVATE}", server.base), "https://evil.example");
    let trial = resumed(&evil, &server.endpoint(), &server, &clock, |_| {});
    assert!(trial.messages().contains("its management endpoint is at evil.example, outside of oraclecloud.com"), "{}", trial.messages());
    // What cannot be read is asked for again.
    let broken = saved.replace("\"id\": \"ocid1.compartment", "\"ids\": \"ocid1.compartment");
    let trial = resumed(&broken, &server.endpoint(), &server, &clock, |_| {});
    assert!(trial.is_complete(), "{}", trial.messages());
    assert_eq!(trial.names(), KEYS);
    for text in ["{}", "[]", "", r#"{"kmslint_inventory": 2, "taken": ""}"#, r#"{"kmslint_inventory": 1, "taken": "yesterday"}"#] {
        assert!(saved::resume(text).is_err(), "{text}");
    }
}
