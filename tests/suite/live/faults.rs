//! Each call fails in turn: nothing is lost silently, nothing hangs, and keys that can be read are checked.

use super::server::{ApiCall, Behavior, Fault, Faults, Server};
use super::tenancy::{A, B, FRA, KEYS, PRIVATE, SmallTenancy, VIRTUAL};
use super::trial::{self, Trial, healthy, run, trial};
use crate::harness::{in_parallel, local_reduction};
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The targets of all calls of a healthy audit, in order.
fn calls() -> Vec<String> {
    let calls = trial(healthy(), None, |_| {}).log;
    assert_eq!(calls.len(), 35);
    calls
}

/// The first `times` attempts of one call fail.
fn failing_call(target: &str, fault: Fault, times: usize) -> Faults {
    let target = target.to_owned();
    Box::new(move |call: &ApiCall, before| (call.target == target && before < times).then_some(fault))
}

#[test]
fn transient_fault_is_retried_and_leaves_no_trace() {
    // Each fault twice in a row, followed by the other: a retry must not depend on the fault before it.
    let pairs = [[Fault::Status(429, "TooManyRequests"), Fault::Status(500, "InternalServerError")], [Fault::Drop, Fault::Truncate]];
    for (at, pair) in pairs.into_iter().enumerate() {
        in_parallel(calls().into_iter().skip(at % local_reduction(2)).step_by(local_reduction(2)), |target| {
            let wanted = target.clone();
            let faults: Faults = Box::new(move |call, before| pair.get(before / 2).copied().filter(|_| call.target == wanted));
            let trial = trial(faults, None, |_| {});
            assert!(trial.is_complete() && trial.warnings.is_empty(), "{pair:?} {target}: {}", trial.messages());
            assert_eq!(trial.names(), KEYS);
            assert_eq!(trial.log.iter().filter(|entry| **entry == target).count(), 5, "{pair:?} {target}");
            // 1 s, 2 s, 4 s and 8 s, each with up to a second of jitter.
            assert!((15..=19).contains(&trial.elapsed.as_secs()), "{:?}", trial.elapsed);
        });
    }
}

#[test]
fn lasting_fault_is_reported_and_other_keys_are_still_checked() {
    let faults = [
        (Fault::Status(429, "TooManyRequests"), 8, "429 TooManyRequests"),
        (Fault::Status(500, "InternalServerError"), 8, "500 InternalServerError"),
        (Fault::Status(400, "InvalidParameter"), 1, "400 InvalidParameter"),
        (Fault::Drop, 8, "the connection failed"),
        (Fault::Truncate, 8, "the connection failed"),
        (Fault::Html, 1, "a web page instead of JSON"),
        (Fault::Redirect, 1, "the service answered 302"),
    ];
    for (at, (fault, attempts, words)) in faults.into_iter().enumerate() {
        in_parallel(calls().into_iter().skip(at % local_reduction(9)).step_by(local_reduction(9)), |target| {
            let trial = trial(failing_call(&target, fault, usize::MAX), None, |_| {});
            assert!(!trial.is_complete(), "{fault:?} {target} was lost silently");
            assert!(trial.messages().contains(words), "{fault:?} {target}: {}", trial.messages());
            assert_eq!(trial.log.iter().filter(|entry| **entry == target).count(), attempts, "{fault:?} {target}");
            assert_only_listing_loses_keys(&trial, &target);
            assert!(trial.elapsed < Duration::from_secs(600));
        });
    }
}

/// Asserts that keys are only missing if the failed call lists keys, vaults, compartments or regions.
fn assert_only_listing_loses_keys(trial: &Trial, target: &str) {
    let lists = ["/vaults?", "/keys?", "/compartments?", "regionSubscriptions"].iter().any(|part| target.contains(part));
    if !lists {
        assert_eq!(audited_names(trial), KEYS, "{target}");
    }
    assert!(audited_names(trial).iter().all(|name| KEYS.contains(name)));
}

/// The names of the keys, except the wrapping key. This server lists it, and only the vault's details identify it.
fn audited_names(trial: &Trial) -> Vec<&str> {
    trial.names().into_iter().filter(|name| *name != "wrapping").collect()
}

#[test]
fn denied_call_is_reported_with_the_missing_policy_statement() {
    for (at, status) in [(404, "NotAuthorizedOrNotFound"), (403, "NotAllowed")].into_iter().enumerate() {
        in_parallel(calls().into_iter().skip(at % local_reduction(2)).step_by(local_reduction(2)), |target| {
            let trial = trial(failing_call(&target, Fault::Status(status.0, status.1), usize::MAX), None, |_| {});
            let output = trial.messages();
            let details_only = target.contains("/kms/20180608/vaults/");
            assert_eq!(trial.is_complete(), details_only, "{target}: {output}");
            if target.ends_with("/usage") {
                return;
            }
            let permission = if target.contains("regionSubscriptions") {
                "inspect tenancies in tenancy"
            } else if target.contains("/compartments?") {
                "inspect compartments in tenancy"
            } else if details_only {
                "read vaults in tenancy"
            } else if target.contains("/vaults?") {
                "inspect vaults in"
            } else if target.contains("/keys?") || target.contains("/keyVersions") {
                "inspect keys in"
            } else {
                "read keys in compartment id ocid1.compartment.oc1..a"
            };
            assert!(output.contains(&format!("Allow group GROUP to {permission}")), "{target}: {output}");
            assert!(output.contains(status.1), "{output}");
            assert_only_listing_loses_keys(&trial, &target);
        });
    }
}

#[test]
fn denied_compartment_does_not_affect_the_others() {
    let denied = Fault::Status(404, "NotAuthorizedOrNotFound");
    let trial =
        trial(Box::new(move |call, _| (call.path.ends_with("/keys") && call.get("compartmentId") == B).then_some(denied)), None, |_| {});
    assert_eq!(trial.names(), ["disabled", "external", "failed", "fresh", "manual", "odd", "scheduled"]);
    let gaps: Vec<_> = trial.inventory.not_audited.iter().map(|gap| (gap.what, gap.ocid.as_str())).collect();
    assert_eq!(gaps, [("compartment", B); 3]);
    assert!(trial.messages().contains(&format!("Allow group GROUP to inspect keys in compartment id {B}")));
}

#[test]
fn vault_denied_in_all_compartments_is_a_single_gap() {
    let denied = Fault::Status(404, "NotAuthorizedOrNotFound");
    let trial = trial(Box::new(move |call, _| (call.service == VIRTUAL).then_some(denied)), None, |_| {});
    assert_eq!(trial.names(), ["external", "failed", "manual", "scheduled"]);
    let gaps: Vec<_> = trial.inventory.not_audited.iter().map(|gap| (gap.what, gap.ocid.as_str())).collect();
    assert_eq!(gaps, [("vault", VIRTUAL)]);
}

#[test]
fn inspect_permissions_suffice_for_modes_and_ages() {
    let denied = Fault::Status(404, "NotAuthorizedOrNotFound");
    let read = |call: &ApiCall| {
        let parts: Vec<&str> = call.path.split('/').skip(2).collect();
        matches!(parts.as_slice(), ["vaults", _] | ["vaults", _, "usage"] | ["keys", _])
    };
    let trial = trial(Box::new(move |call, _| read(call).then_some(denied)), None, |request| request.all_regions = false);
    assert_eq!(audited_names(&trial), ["disabled", "failed", "fresh", "going", "manual", "odd", "scheduled", "stale"]);
    let keys = trial.keys();
    assert!(keys["scheduled"].rotation.interval_days.as_unknown().is_some_and(|unknown| unknown.why.contains("read keys")));
    assert!(keys["scheduled"].times.current_version.is_some());
    assert!(keys["stale"].protection_mode.value().is_some() && keys["stale"].vault_usage.is_none());
    let gaps: Vec<_> = trial.inventory.not_audited.iter().map(|gap| gap.what).collect();
    assert_eq!(gaps, ["key", "key"]);
    assert_eq!(trial.warnings.len(), 1);
}

#[test]
fn rejected_credentials_end_the_audit_of_a_region_immediately() {
    for target in calls() {
        let trial = trial(failing_call(&target, Fault::Status(401, "NotAuthenticated"), usize::MAX), None, |_| {});
        let output = trial.messages();
        assert!(!trial.inventory.problems.is_empty(), "{target}: {output}");
        assert!(output.contains("the credentials of the environment are not accepted"), "{output}");
        // No further calls are made in that region.
        let position = trial.log.iter().position(|entry| *entry == target).unwrap();
        let region = target.split('/').nth(1).unwrap();
        assert!(trial.log[position + 1..].iter().all(|entry| entry.split('/').nth(1) != Some(region)), "{target}");
    }
}

#[test]
fn endless_body_is_given_up_after_the_timeout() {
    // Only one call of each kind, because each attempt waits for the timeout.
    let mut kinds: Vec<String> = Vec::new();
    for part in ["/compartments?", "/keyVersions", "/keys?"] {
        kinds.extend(calls().into_iter().find(|target| target.contains(part)));
    }
    assert_eq!(kinds.len(), 3);
    for target in kinds.into_iter().step_by(local_reduction(3)) {
        let trial =
            trial(failing_call(&target, Fault::Stall, usize::MAX), None, |request| request.timeouts.read = Duration::from_millis(100));
        assert!(!trial.is_complete() && trial.messages().contains("there was no answer in time"), "{target}: {}", trial.messages());
    }
}

#[test]
fn list_that_repeats_a_page_is_given_up_and_its_entries_are_kept() {
    for target in
        calls().into_iter().filter(|target| target.contains("/vaults?") || target.contains("/keys?") || target.contains("/compartments?"))
    {
        let path = target.clone();
        let faults: Faults = Box::new(move |call, _| call.target.starts_with(&path).then_some(Fault::SamePage));
        let trial = trial(faults, None, |_| {});
        assert!(trial.messages().contains("the same page twice"), "{target}: {}", trial.messages());
        assert_eq!(trial.names(), KEYS, "{target}");
    }
}

#[test]
fn no_request_is_sent_outside_of_the_realm() {
    let faults: Faults = Box::new(|call, _| {
        (call.path == "/20180608/vaults" && call.region == FRA && call.get("compartmentId") == A).then_some(Fault::ForeignHost)
    });
    let trial = trial(faults, None, |request| request.all_regions = false);
    assert_eq!(trial.names(), ["disabled", "fresh", "going", "odd", "stale"]);
    let gaps: Vec<_> = trial.inventory.not_audited.iter().map(|gap| (gap.what, gap.ocid.as_str())).collect();
    assert_eq!(gaps, [("vault", PRIVATE)]);
    assert!(trial.messages().contains("its management endpoint is at evil.example, outside of oraclecloud.com: nothing is sent there"));
}

#[test]
fn deadline_ends_the_audit_and_reports_gaps() {
    let trial = trial(healthy(), None, |request| {
        request.rps = 1.0;
        request.deadline = Duration::from_secs(20);
    });
    assert!(trial.log.len() <= 20);
    assert!(
        !trial.inventory.problems.is_empty() && trial.messages().contains("the audit reached its deadline of 20 s"),
        "{}",
        trial.messages()
    );
    assert!(!trial.inventory.not_audited.is_empty());
    assert!(trial.elapsed <= Duration::from_secs(21));
}

#[test]
fn clock_skew_is_reported_with_its_direction() {
    for (hours, words) in [(1, "this machine's clock is 60 minutes slower than the service's"), (-1, "60 minutes ahead of")] {
        let (mut request, clock) = trial::hashed_request("");
        let offset = Duration::from_secs(3600);
        let now = move || if hours > 0 { SystemTime::now() + offset } else { SystemTime::now() - offset };
        let server = Server::start(SmallTenancy::at(request.now), Behavior { now: Box::new(now), ..Behavior::default() });
        request.endpoint = Some(server.endpoint());
        let trial = run(&request, &clock, &server);
        assert!(trial.messages().contains(words), "{}", trial.messages());
        assert_eq!(server.calls(), 1);
    }
}

#[test]
fn unreachable_host_is_reported() {
    let (mut request, clock) = trial::hashed_request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    // Port 1 refuses connections.
    request.endpoint = Some("http://127.0.0.1:1/{region}/{service}".to_owned());
    let trial = run(&request, &clock, &server);
    assert!(
        !trial.is_complete() && trial.messages().contains("cannot reach 127.0.0.1: the connection was refused"),
        "{}",
        trial.messages()
    );
    assert_eq!(server.calls(), 0);
}

#[test]
fn tls_certificates_are_always_verified() {
    let generated = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(generated.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![generated.cert.der().clone()], key)
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("ca.pem");
    std::fs::write(&bundle, generated.cert.pem()).unwrap();
    for trusted in [true, false] {
        let (mut request, clock) = trial::hashed_request("");
        let behavior = Behavior { tls: Some(Arc::new(config.clone())), ..Behavior::default() };
        let server = Server::start(SmallTenancy::at(request.now), behavior);
        assert!(server.base.starts_with("https://"));
        request.endpoint = Some(server.endpoint());
        request.ca_bundle = trusted.then(|| bundle.clone());
        let trial = run(&request, &clock, &server);
        assert_eq!(trial.is_complete(), trusted, "{}", trial.messages());
        assert_eq!(trial.names().len(), if trusted { KEYS.len() } else { 0 });
        if !trusted {
            assert!(trial.messages().contains("certificate is not accepted"), "{}", trial.messages());
            assert_eq!(server.calls(), 0);
        }
    }
}

#[test]
fn plain_http_endpoint_of_another_machine_is_rejected() {
    let (mut request, clock) = trial::hashed_request("");
    let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
    request.endpoint = Some("http://kms.example.com".to_owned());
    let trial = run(&request, &clock, &server);
    assert_eq!(trial.inventory.problems.len(), 1);
    assert!(trial.messages().contains("`--endpoint http://kms.example.com` is not encrypted"), "{}", trial.messages());
    assert!(trial.inventory.keys.is_empty());
}

#[test]
fn socks_proxy_is_used_and_its_failure_is_reported() {
    for scheme in ["socks", "socks4", "socks4a", "socks5", "socks5h"] {
        for variable in ["ALL_PROXY", "HTTPS_PROXY"] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            // A proxy that closes the connection after the greeting, whose first byte is the protocol version.
            let proxy = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut version = [0];
                stream.read_exact(&mut version).unwrap();
                version[0]
            });
            let (mut request, clock) = trial::hashed_request("");
            let server = Server::start(SmallTenancy::at(request.now), Behavior::default());
            // An address for documentation (RFC 5737): no name to resolve, and no route except through the proxy.
            request.endpoint = Some("https://192.0.2.1".to_owned());
            request.env.insert(variable.to_owned(), format!("{scheme}://{address}"));
            let trial = run(&request, &clock, &server);
            assert_eq!(proxy.join().unwrap(), if scheme.starts_with("socks4") { 4 } else { 5 }, "{scheme}");
            assert!(!trial.is_complete() && server.calls() == 0, "{scheme}: {}", trial.messages());
        }
    }
}
