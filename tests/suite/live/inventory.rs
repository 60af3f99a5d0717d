//! The inventory of a healthy tenancy, and the number of calls that it takes.

use super::server::{ApiCall, Behavior, Reply, Server, TENANCY, Tenancy};
use super::tenancy::{A, B, C, EXTERNAL, FRA, IAD, KEYS, PRIVATE, SmallTenancy, VIRTUAL};
use super::trial::{self, healthy, run, trial};
use jiff::Timestamp;
use kmslint::base::Place;
use kmslint::key::{InputKind, Lifecycle, PlannedAction, ProtectionMode, ReplicationRole, RotationStatus, Stage, VaultType};
use kmslint::live::Clock;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[test]
fn every_key_in_every_compartment_vault_and_region_is_found_once() {
    let trial = trial(healthy(), None, |_| {});
    assert!(trial.is_complete(), "{}", trial.messages());
    assert_eq!(trial.warnings, [] as [&str; 0]);
    assert_eq!(trial.names(), KEYS);
    assert_eq!(trial.inventory.keys.len(), KEYS.len());
    assert_eq!(trial.rejected, [] as [&str; 0]);
    for key in &trial.inventory.keys {
        assert_eq!(
            (key.stage, key.planned_action, key.id.input, key.replication_role),
            (Stage::Actual, PlannedAction::NoOp, InputKind::Live, ReplicationRole::Primary)
        );
        let region = key.region.clone().unwrap();
        assert_eq!(&*key.id.root, format!("live/{region}"));
        assert_eq!(key.place, Place::cloud(key.ocid.as_deref().unwrap(), &region));
    }
}

#[test]
fn facts_equal_those_of_the_service() {
    let trial = trial(healthy(), None, |_| {});
    let keys = trial.keys();
    let days = |time: Option<Timestamp>| time.map(|time| Timestamp::now().duration_since(time).as_hours() / 24);

    let scheduled = keys["scheduled"];
    assert_eq!(scheduled.protection_mode.value(), Some(&ProtectionMode::Hsm));
    assert_eq!(scheduled.vault_type.value(), Some(&VaultType::VirtualPrivate));
    assert_eq!(scheduled.vault.as_deref(), Some(PRIVATE));
    assert_eq!(scheduled.region.as_deref(), Some(FRA));
    assert_eq!(scheduled.compartment.value().map(String::as_str), Some(A));
    assert_eq!((scheduled.rotation.enabled.value(), scheduled.rotation.interval_days.value()), (Some(&true), Some(&90)));
    assert_eq!(days(scheduled.rotation.start.value().copied()), Some(400));
    assert_eq!(days(scheduled.times.current_version), Some(20));
    assert_eq!(days(scheduled.times.created), Some(400));
    assert_eq!(scheduled.times.last_status, Some(RotationStatus::Success));
    assert_eq!(days(scheduled.times.next_rotation), Some(-69));
    assert_eq!(scheduled.vault_usage.map(|usage| (usage.hsm_versions, usage.software_versions)), Some((23, 5)));
    assert_eq!(scheduled.shape.length.value(), Some(&32));
    assert_eq!(scheduled.freeform_tags["Name"], "scheduled");
    assert_eq!((scheduled.defined_tags["Ops.Owner"].as_str(), scheduled.defined_tags["Ops.Level"].as_str()), ("team", "3"));

    assert_eq!(keys["failed"].times.last_status, Some(RotationStatus::Failed));
    let manual = keys["manual"];
    assert_eq!((days(manual.times.current_version), manual.versions.len()), (Some(30), 3));
    assert_eq!(manual.compartment.value().map(String::as_str), Some(C));
    assert_eq!(manual.rotation.enabled.value(), Some(&false));
    // The details were not read, so the interval is unknown and not unset.
    assert!(manual.rotation.interval_days.as_unknown().is_some());
    let stale = keys["stale"];
    assert!(stale.rotation.enabled.is_unset());
    assert_eq!((stale.vault_type.value(), days(stale.times.current_version)), (Some(&VaultType::Default), Some(1800)));
    // The versions of a recently created key are not read.
    assert_eq!((days(keys["fresh"].times.created), keys["fresh"].times.current_version), (Some(10), None));
    assert_eq!(keys["disabled"].lifecycle.value(), Some(&Lifecycle::Disabled));
    assert_eq!(keys["going"].lifecycle.value(), Some(&Lifecycle::PendingDeletion));
    assert_eq!(keys["external"].vault_type.value(), Some(&VaultType::External));
    assert_eq!(keys["odd"].protection_mode.value(), Some(&ProtectionMode::Other("QUANTUM".to_owned())));
}

#[test]
fn only_necessary_calls_are_made() {
    let trial = trial(healthy(), None, |_| {});
    let count = |part: &str| trial.log.iter().filter(|target| target.contains(part)).count();
    // Subscriptions and compartments once; vaults in the root, a, b and c, in two regions.
    assert_eq!(count("regionSubscriptions"), 1);
    assert_eq!(count("/compartments?"), 1);
    assert_eq!(count("/vaults?"), 2 * 4);
    // Each vault once in each region, except the one pending deletion. Keys of the replica are not listed again.
    assert_eq!(count("/kms/20180608/vaults/") - count("/usage"), 4);
    assert_eq!(count("/keys?"), 3 * 4);
    assert_eq!(count("/usage"), 2);
    // The details of `scheduled` and `failed`; the versions of all keys that are old enough and can be rotated.
    assert_eq!(count("/keys/") - count("/keyVersions"), 2);
    assert_eq!(count("/keyVersions"), 5);
    assert_eq!(trial.log.len(), 1 + 1 + 8 + 4 + 12 + 2 + 2 + 5);
    assert!(trial.inventory.log.contains(&"35 requests".to_owned()), "{:?}", trial.inventory.log);
}

#[test]
fn thorough_audit_reads_every_fact() {
    let trial = trial(healthy(), None, |request| request.thorough = true);
    assert!(trial.is_complete());
    assert_eq!(trial.keys()["fresh"].versions.len(), 1);
    assert!(trial.keys()["manual"].rotation.interval_days.is_unset());
}

#[test]
fn pages_are_followed_past_empty_ones() {
    for page in [1, 2] {
        let paged = trial(healthy(), Some(page), |request| request.connections = 4);
        assert!(paged.is_complete(), "{}", paged.messages());
        assert_eq!(paged.names(), KEYS);
        assert!(paged.log.iter().any(|target| target.contains("page=AAA%2B%2F%3D%3A%20")));
    }
}

#[test]
fn only_the_given_regions_are_audited() {
    let fra = trial(healthy(), None, |request| request.all_regions = false);
    assert_eq!(fra.names(), ["disabled", "failed", "fresh", "going", "manual", "odd", "scheduled", "stale"]);
    let iad = trial(healthy(), None, |request| {
        request.all_regions = false;
        request.regions = vec!["IAD".to_owned(), IAD.to_owned()];
    });
    // The primary vault is not audited, so its replica is kept.
    assert_eq!(iad.names(), ["external", "failed", "manual", "scheduled"]);
    assert_eq!(iad.keys()["external"].vault.as_deref(), Some(EXTERNAL));
}

#[test]
fn keys_of_a_compartment_are_found_in_vaults_of_other_compartments() {
    let only = |compartment: &str, recursive| {
        let compartment = compartment.to_owned();
        let trial = trial(healthy(), None, move |request| {
            request.compartments = vec![compartment];
            request.recursive = recursive;
        });
        assert!(trial.is_complete(), "{}", trial.messages());
        trial.names().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(only(C, false), ["external", "manual", "odd"]);
    assert_eq!(only(A, false), ["disabled", "failed", "scheduled"]);
    assert_eq!(only(A, true), ["disabled", "failed", "going", "scheduled", "stale"]);
    assert_eq!(only(TENANCY, false), ["fresh"]);
    assert_eq!(only(TENANCY, true), KEYS);
    assert_eq!(only(B, true), ["going", "stale"]);
}

#[test]
fn requests_keep_to_the_rate_limit() {
    let trial = trial(healthy(), None, |request| request.rps = 5.0);
    assert_eq!(trial.elapsed, Duration::from_millis(200) * 34);
}

#[test]
fn saved_inventory_survives_a_round_trip() {
    let trial = trial(healthy(), None, |request| request.thorough = true);
    let text = kmslint::live::saved::write(&trial.inventory, Timestamp::now(), None, Default::default());
    let again = kmslint::live::saved::read("evidence.json", &text);
    assert_eq!(again.keys.len(), KEYS.len());
    assert_eq!(format!("{:?}", again.keys), format!("{:?}", trial.inventory.keys));
    assert!(!text.contains("PRIVATE KEY"));
}

/// 200 compartments, 5 vaults, 2,000 keys, evenly distributed; half of the keys are old.
struct LargeTenancy;

const COMPARTMENTS: usize = 200;
const VAULTS: usize = 5;
const LARGE_KEYS: usize = 2000;

impl Tenancy for LargeTenancy {
    fn answer(&self, call: &ApiCall, base: &str) -> Reply {
        let compartment = |at: usize| format!("ocid1.compartment.oc1..{at}");
        let vault = |at: usize| format!("ocid1.vault.oc1.fra.{at}");
        let parts: Vec<&str> = call.path.split('/').skip(1).collect();
        match (call.service.as_str(), parts.as_slice()) {
            ("identity", ["20160918", "compartments"]) => Reply::List(
                (0..COMPARTMENTS).map(|at| json!({"id": compartment(at), "compartmentId": TENANCY, "lifecycleState": "ACTIVE"})).collect(),
            ),
            ("kms", ["20180608", "vaults"]) => Reply::List(
                (0..VAULTS)
                    .filter(|at| call.get("compartmentId") == compartment(*at))
                    .map(|at| {
                        let endpoint = format!("{base}/{FRA}/{}", vault(at));
                        json!({"id": vault(at), "lifecycleState": "ACTIVE", "vaultType": "DEFAULT", "managementEndpoint": endpoint})
                    })
                    .collect(),
            ),
            ("kms", ["20180608", "vaults", id]) => Reply::Object(json!({"id": id, "isPrimary": true, "wrappingkeyId": "w"})),
            (_, ["20180608", "keys"]) => {
                let is_listed =
                    |at: &usize| call.service == vault(at % VAULTS) && call.get("compartmentId") == compartment(at / VAULTS % COMPARTMENTS);
                let created = |at: usize| {
                    if at / (VAULTS * COMPARTMENTS) == 0 { "2020-01-01T00:00:00Z".to_owned() } else { Timestamp::now().to_string() }
                };
                let key = |at: usize| {
                    json!({"id": format!("ocid1.key.oc1.fra.{at}"), "displayName": at.to_string(), "protectionMode": "SOFTWARE",
                        "lifecycleState": "ENABLED", "timeCreated": created(at), "isAutoRotationEnabled": false})
                };
                Reply::List((0..LARGE_KEYS).filter(is_listed).map(key).collect())
            }
            (_, ["20180608", "keys", _, "keyVersions"]) => {
                Reply::List(vec![json!({"id": "v", "timeCreated": "2020-01-01T00:00:00Z", "lifecycleState": "ENABLED"})])
            }
            _ => Reply::NotFound,
        }
    }
}

#[test]
fn large_tenancy_takes_the_minimum_number_of_calls() {
    let (mut request, clock) = trial::hashed_request("");
    let (started, server_clock) = (SystemTime::now(), Arc::clone(&clock));
    let behavior = Behavior { now: Box::new(move || started + server_clock.elapsed()), ..Behavior::default() };
    let server = Server::start(LargeTenancy, behavior);
    request.endpoint = Some(server.endpoint());
    request.all_regions = false;
    request.connections = 4;
    let trial = run(&request, &clock, &server);
    assert!(trial.is_complete(), "{}", trial.messages());
    assert_eq!(trial.inventory.keys.len(), LARGE_KEYS);
    let compartments = COMPARTMENTS.div_ceil(100);
    let all = COMPARTMENTS + 1;
    let old = LARGE_KEYS / 2;
    assert_eq!(server.calls(), compartments + all + VAULTS + VAULTS * all + old);
}

#[test]
fn invalid_entry_of_a_list_does_not_hide_the_others() {
    struct InvalidEntries(SmallTenancy);
    impl Tenancy for InvalidEntries {
        fn answer(&self, call: &ApiCall, base: &str) -> Reply {
            match self.0.answer(call, base) {
                Reply::List(mut list) if call.service == VIRTUAL && call.path.ends_with("/keys") && call.get("compartmentId") == B => {
                    list.insert(0, json!({"displayName": "without-id"}));
                    list.insert(0, Value::Null);
                    Reply::List(list)
                }
                reply => reply,
            }
        }
    }
    let (mut request, clock) = trial::hashed_request("");
    let server = Server::start(InvalidEntries(SmallTenancy::at(request.now)), Behavior::default());
    request.endpoint = Some(server.endpoint());
    let trial = run(&request, &clock, &server);
    assert_eq!(trial.names(), KEYS);
    assert_eq!(trial.inventory.not_audited.len(), 1);
    assert!(trial.messages().contains("a response that cannot be read"), "{}", trial.messages());
}
