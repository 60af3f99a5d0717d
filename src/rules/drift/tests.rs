//! Drift by example: which differences are reported, of which keys, and where.

use super::*;
use crate::base::Place;
use crate::key::ProtectionMode;
use crate::rules::testing::{actual, declared, rotated, with};

const VAULT: &str = "ocid1.vault.oc1.eu-frankfurt-1.v";

/// A live key, enabled, named after its OCID's last part.
fn live(name: &str) -> KeyFacts {
    with(rotated(actual(), 90), |key| {
        let ocid = format!("ocid1.key.oc1.eu-frankfurt-1.{name}");
        key.id.address = ocid.clone();
        key.id.root = "live/eu-frankfurt-1".into();
        key.place = Place::cloud(&ocid, "eu-frankfurt-1");
        key.ocid = Some(ocid);
        key.lifecycle = Fact::known(Lifecycle::Enabled);
        key.protection_mode = Fact::known(ProtectionMode::Software);
        key.display_name = Fact::known(name.to_owned());
        key.compartment = Fact::known("ocid1.compartment.oc1..c".to_owned());
        key.vault = Some(VAULT.to_owned());
    })
}

/// A declared key that matches the live key of the same name by name and compartment.
fn code(name: &str) -> KeyFacts {
    with(rotated(declared(), 90), |key| {
        key.id.address = format!("oci_kms_key.{name}");
        key.display_name = Fact::known(name.to_owned());
        key.compartment = Fact::known("ocid1.compartment.oc1..c".to_owned());
        key.vault = Some("oci_kms_vault.v".to_owned());
    })
}

fn applied(name: &str) -> KeyFacts {
    with(code(name), |key| key.ocid = live(name).ocid)
}

fn kinds(live: &[KeyFacts], declared: &[KeyFacts], scope: &DriftScope) -> Vec<(DriftKind, Option<&'static str>)> {
    compare(live, declared, scope).into_iter().map(|drift| (drift.kind, drift.attribute)).collect()
}

#[test]
fn equal_pair_has_no_drift() {
    for declared in [code("a"), applied("a")] {
        assert_eq!(kinds(&[live("a")], &[declared], &DriftScope::default()), []);
    }
    // The provider does not change attributes that the code omits.
    let bare = with(code("a"), |key| key.rotation = crate::key::AutoRotation::default());
    assert_eq!(kinds(&[live("a")], &[bare], &DriftScope::default()), []);
}

#[test]
fn changed_attributes_are_reported_separately_with_both_values() {
    let changed = with(live("a"), |key| {
        key.protection_mode = Fact::known(ProtectionMode::Hsm);
        key.rotation.enabled = Fact::known(false);
        key.rotation.interval_days = Fact::unset();
        key.rotation.start = Fact::known("2026-03-01T00:00:00Z".parse().unwrap());
    });
    let written = with(code("a"), |key| {
        key.protection_mode = Fact::known(ProtectionMode::Software);
        key.rotation.start = Fact::known("2026-01-01T10:30:00Z".parse().unwrap());
        key.lifecycle = Fact::known(Lifecycle::Disabled);
    });
    let drifts = compare(&[changed], &[written], &DriftScope::default());
    let described: Vec<(&str, Option<&str>, Option<&str>)> =
        drifts.iter().map(|drift| (drift.attribute.unwrap(), drift.code.as_deref(), drift.live.as_deref())).collect();
    assert_eq!(
        described,
        [
            ("desired_state", Some("DISABLED"), Some("ENABLED")),
            ("is_auto_rotation_enabled", Some("true"), Some("false")),
            ("protection_mode", Some("SOFTWARE"), Some("HSM")),
            ("rotation_interval_in_days", Some("90"), None),
            ("time_of_schedule_start", Some("2026-01-01"), Some("2026-03-01")),
        ]
    );
    assert_eq!(drifts[1].message, "`is_auto_rotation_enabled` is `true` in the code and `false` in the service");
    assert_eq!(drifts[1].addresses, ["oci_kms_key.a", "ocid1.key.oc1.eu-frankfurt-1.a"]);
    let same_day = with(live("a"), |key| key.rotation.start = Fact::known("2026-01-01T00:00:00Z".parse().unwrap()));
    let written = with(code("a"), |key| key.rotation.start = Fact::known("2026-01-01T10:30:00Z".parse().unwrap()));
    assert_eq!(kinds(&[same_day], &[written], &DriftScope::default()), [], "the service drops the time of day");
}

#[test]
fn equivalent_values_are_not_drift() {
    let off = with(code("a"), |key| key.rotation = crate::key::AutoRotation { enabled: Fact::known(false), ..Default::default() });
    let unset = with(live("a"), |key| key.rotation = crate::key::AutoRotation::default());
    assert_eq!(kinds(&[unset], &[off], &DriftScope::default()), [], "unset is off");
    let unread = with(live("a"), |key| key.rotation.enabled = Fact::unknown("its rotation schedule could not be read"));
    assert_eq!(kinds(&[unread], &[code("a")], &DriftScope::default()), []);
    let disabled = with(applied("a"), |key| key.lifecycle = Fact::known(Lifecycle::Disabled));
    let updating = with(live("a"), |key| key.lifecycle = Fact::known(Lifecycle::read("UPDATING")));
    assert_eq!(kinds(&[updating], &[disabled], &DriftScope::default()), [], "the service is still changing the key");
}

#[test]
fn help_depends_on_the_attribute() {
    let changed = with(live("a"), |key| {
        key.protection_mode = Fact::known(ProtectionMode::Hsm);
        key.rotation.enabled = Fact::known(false);
        key.rotation.interval_days = Fact::known(120);
    });
    let written = with(code("a"), |key| key.protection_mode = Fact::known(ProtectionMode::Software));
    let drifts = compare(&[changed], &[written], &DriftScope::default());
    let help = |name| drifts.iter().find(|drift| drift.attribute == Some(name)).map(|drift| drift.help.as_str()).unwrap_or_default();
    assert!(help("protection_mode").contains("can never be changed"));
    assert!(help("rotation_interval_in_days").contains("will plan no change"));
    assert_eq!(help("rotation_interval_in_days").split(',').next(), Some("Set `rotation_interval_in_days = 120`"));
    assert_eq!(help("is_auto_rotation_enabled"), "Apply the code again if it is right; else set `is_auto_rotation_enabled = false`.");
}

#[test]
fn vault_ocid_distinguishes_keys_of_the_same_name() {
    let elsewhere = with(live("b"), |key| {
        key.display_name = Fact::known("a".to_owned());
        key.vault = Some("ocid1.vault.oc1.eu-frankfurt-1.w".to_owned());
    });
    let placed = with(code("a"), |key| key.vault = Some(VAULT.to_owned()));
    let all = DriftScope { all_unmanaged: true, ..DriftScope::default() };
    assert_eq!(kinds(&[live("a"), elsewhere], std::slice::from_ref(&placed), &all), [(DriftKind::Unmanaged, None)]);
    // The vault alone is enough, unless the compartment is another one.
    let unsure = with(placed.clone(), |key| key.compartment = Fact::unknown("variable `c` has no value"));
    assert_eq!(kinds(&[live("a")], &[unsure], &all), []);
    let contradicting = with(placed, |key| key.compartment = Fact::known("ocid1.compartment.oc1..d".to_owned()));
    assert_eq!(kinds(&[live("a")], &[contradicting], &all), [(DriftKind::Unmanaged, None)]);
}

#[test]
fn address_with_different_keys_in_two_states_has_no_ocid() {
    let state = |root: &str, name: &str| {
        with(code("a"), |key| {
            key.id.root = root.into();
            key.ocid = live(name).ocid;
            key.rotation.interval_days = Fact::known(90);
        })
    };
    let written = || with(code("a"), |key| key.rotation.interval_days = Fact::known(180));
    let changed = |names: [&str; 2]| {
        let [one, two] = names;
        let declared = [written(), state("one.tfstate", one), state("two.tfstate", two)];
        kinds(&[live("a"), live("b")], &declared, &DriftScope::default()).iter().filter(|(kind, _)| *kind == DriftKind::Changed).count()
    };
    assert_eq!(changed(["a", "b"]), 0, "it is unknown which of them the code declares");
    assert_eq!(changed(["a", "a"]), 1, "states that agree identify the key");
}

#[test]
fn key_is_unproven_if_its_vault_or_the_key_itself_could_not_be_read() {
    let placed = with(applied("a"), |key| key.vault = Some(VAULT.to_owned()));
    for unread in [VAULT.to_owned(), live("a").ocid.unwrap()] {
        let scope = DriftScope { unread: vec![unread], ..DriftScope::default() };
        assert_eq!(kinds(&[], std::slice::from_ref(&placed), &scope), [(DriftKind::Unproven, None)], "{scope:?}");
    }
}

#[test]
fn unmanaged_key_is_unproven_if_a_declared_key_with_an_unknown_name_may_be_it() {
    let nameless = |change: fn(&mut KeyFacts)| {
        let key = with(code("a"), |key| key.display_name = Fact::unknown("variable `name` has no value"));
        kinds(&[live("b")], &[with(key, change)], &DriftScope { all_unmanaged: true, ..DriftScope::default() })
    };
    assert_eq!(nameless(|_| {}), [(DriftKind::Unproven, None)]);
    assert_eq!(nameless(|key| key.vault = Some(VAULT.to_owned())), [(DriftKind::Unproven, None)]);
    let unmanaged = [(DriftKind::Unmanaged, None)];
    assert_eq!(nameless(|key| key.vault = Some("ocid1.vault.oc1.eu-frankfurt-1.w".to_owned())), unmanaged);
    assert_eq!(nameless(|key| key.compartment = Fact::known("ocid1.compartment.oc1..d".to_owned())), unmanaged);
}

#[test]
fn sensitive_value_is_compared_and_not_shown() {
    let secret = with(code("a"), |key| key.rotation.interval_days = Fact { sensitive: true, ..Fact::known(77) });
    let drifts = compare(&[live("a")], &[secret], &DriftScope::default());
    assert_eq!(drifts.len(), 1);
    assert!(!format!("{drifts:?}").contains("77"));
}

#[test]
fn deleted_or_disabled_keys_are_missing() {
    assert_eq!(kinds(&[], &[applied("a")], &DriftScope::default()), [(DriftKind::Missing, None)]);
    for state in ["PENDING_DELETION", "DISABLED"] {
        let ending = with(live("a"), |key| key.lifecycle = Fact::known(Lifecycle::read(state)));
        assert_eq!(kinds(std::slice::from_ref(&ending), &[applied("a")], &DriftScope::default()), [(DriftKind::Missing, None)], "{state}");
        let deleting = with(applied("a"), |key| key.planned_action = PlannedAction::Delete);
        assert_eq!(kinds(&[ending], &[deleting], &DriftScope::default()), [], "{state}");
    }
    assert_eq!(kinds(&[], &[code("a")], &DriftScope::default()), [], "it was never created");
    let declared_disabled = with(applied("a"), |key| key.lifecycle = Fact::known(Lifecycle::Disabled));
    let disabled = with(live("a"), |key| key.lifecycle = Fact::known(Lifecycle::Disabled));
    assert_eq!(kinds(&[disabled], &[declared_disabled], &DriftScope::default()), []);
}

#[test]
fn key_outside_of_the_audited_scope_is_unproven_and_not_missing() {
    let elsewhere = DriftScope { regions: vec!["us-phoenix-1".to_owned()], ..DriftScope::default() };
    let other_compartment = DriftScope { compartments: Some(vec!["ocid1.compartment.oc1..d".to_owned()]), ..DriftScope::default() };
    let unread = DriftScope { unread: vec!["ocid1.compartment.oc1..c".to_owned()], ..DriftScope::default() };
    for scope in [elsewhere, other_compartment, unread] {
        assert_eq!(kinds(&[], &[applied("a")], &scope), [(DriftKind::Unproven, None)], "{scope:?}");
    }
    let short = with(applied("a"), |key| key.ocid = Some("ocid1.key.oc1.fra.a".to_owned()));
    for (regions, kind) in [(["eu-frankfurt-1", "fra"], DriftKind::Missing), (["us-ashburn-1", "iad"], DriftKind::Unproven)] {
        let scope = DriftScope { regions: regions.map(str::to_owned).to_vec(), ..DriftScope::default() };
        assert_eq!(kinds(&[], std::slice::from_ref(&short), &scope), [(kind, None)]);
    }
    let here = DriftScope {
        regions: vec!["eu-frankfurt-1".to_owned()],
        compartments: Some(vec!["ocid1.compartment.oc1..c".to_owned()]),
        unread: vec!["ocid1.vault.oc1.eu-frankfurt-1.other".to_owned()],
        ..DriftScope::default()
    };
    assert_eq!(kinds(&[], &[applied("a")], &here), [(DriftKind::Missing, None)]);
}

#[test]
fn unmanaged_keys_are_reported_in_declared_vaults_and_compartments() {
    let far = with(live("far"), |key| {
        key.compartment = Fact::known("ocid1.compartment.oc1..other".to_owned());
        key.vault = Some("ocid1.vault.oc1.eu-frankfurt-1.other".to_owned());
    });
    let keys = [live("a"), live("b"), far];
    let described: Vec<String> =
        compare(&keys, &[code("a")], &DriftScope::default()).iter().map(|drift| drift.addresses.join(" ")).collect();
    assert_eq!(described, ["ocid1.key.oc1.eu-frankfurt-1.b"]);
    let all = DriftScope { all_unmanaged: true, ..DriftScope::default() };
    assert_eq!(kinds(&keys, &[code("a")], &all), [(DriftKind::Unmanaged, None); 2]);
    let disabled = with(live("b"), |key| key.lifecycle = Fact::known(Lifecycle::Disabled));
    assert_eq!(kinds(&[live("a"), disabled], &[code("a")], &all), []);
}

#[test]
fn ambiguous_key_is_unproven_and_not_unmanaged() {
    let twin = with(live("b"), |key| key.display_name = Fact::known("a".to_owned()));
    assert_eq!(kinds(&[live("a"), twin.clone()], &[code("a")], &DriftScope::default()), [(DriftKind::Unproven, None)]);
    let other = with(code("a"), |key| key.id.address = "oci_kms_key.other".to_owned());
    assert_eq!(kinds(&[live("a")], &[code("a"), other], &DriftScope::default()), [(DriftKind::Unproven, None); 2]);
    let ending = with(twin, |key| key.lifecycle = Fact::known(Lifecycle::PendingDeletion));
    assert_eq!(kinds(&[live("a"), ending], &[code("a")], &DriftScope::default()), [], "a key pending deletion is not a candidate");
    let nameless = with(code("a"), |key| key.display_name = Fact::unknown("variable `name` has no value"));
    assert_eq!(kinds(&[live("a")], &[nameless], &DriftScope::default()), [(DriftKind::Unproven, None)]);
    let placeless = with(code("a"), |key| key.compartment = Fact::unknown("variable `c` has no value"));
    assert_eq!(
        kinds(&[live("a")], &[placeless], &DriftScope { all_unmanaged: true, ..DriftScope::default() }).len(),
        1,
        "a name alone does not identify a key"
    );
}

#[test]
fn many_keys_of_the_same_name_are_listed_by_example() {
    let twins = |count: usize| -> Vec<KeyFacts> {
        (0..count).map(|at| with(live(&format!("{at:03}")), |key| key.display_name = Fact::known("a".to_owned()))).collect()
    };
    let codes: Vec<KeyFacts> = (0..100).map(|at| with(code("a"), |key| key.id.address = format!("oci_kms_key.k[{at}]"))).collect();
    let drifts = compare(&twins(100), &codes, &DriftScope { all_unmanaged: true, ..DriftScope::default() });
    assert_eq!(drifts.len(), 100, "each live key may be one of the declared ones");
    assert!(
        drifts.iter().all(|drift| drift.message.starts_with("cannot determine which of 100 keys") && drift.addresses.len() == 11),
        "{:?}",
        drifts[0]
    );
    let shared = compare(&twins(1), &codes, &DriftScope::default());
    assert_eq!(shared.len(), 100);
    assert!(shared.iter().all(|drift| drift.message.starts_with("several declared keys") && drift.addresses.len() == 2));
}

#[test]
fn key_is_searched_by_name_in_the_known_vault_and_compartment() {
    let elsewhere = |name: &str| with(live(name), |key| key.display_name = Fact::known("a".to_owned()));
    let other_vault = with(elsewhere("b"), |key| key.vault = Some("ocid1.vault.oc1.eu-frankfurt-1.w".to_owned()));
    let other_compartment = with(elsewhere("c"), |key| key.compartment = Fact::known("ocid1.compartment.oc1..d".to_owned()));
    let keys = [live("a"), other_vault, other_compartment];
    let all = DriftScope { all_unmanaged: true, ..DriftScope::default() };
    let both = with(code("a"), |key| key.vault = Some(VAULT.to_owned()));
    assert_eq!(kinds(&keys, std::slice::from_ref(&both), &all), [(DriftKind::Unmanaged, None); 2], "it is `a`");
    assert_eq!(kinds(&keys, &[code("a")], &all), [(DriftKind::Unproven, None), (DriftKind::Unmanaged, None)], "`a` or `b`");
    let vault_only = with(both, |key| key.compartment = Fact::unknown("variable `c` has no value"));
    assert_eq!(kinds(&keys, &[vault_only], &all), [(DriftKind::Unproven, None), (DriftKind::Unmanaged, None)], "`a` or `c`");
}

#[test]
fn state_passed_with_the_configuration_identifies_the_key() {
    let twin = with(live("b"), |key| key.display_name = Fact::known("a".to_owned()));
    let state = with(applied("a"), |key| key.id.root = "terraform.tfstate".into());
    let changed = with(code("a"), |key| key.rotation.interval_days = Fact::known(180));
    let drifts = compare(&[live("a"), twin], &[changed, state], &DriftScope::default());
    let described: Vec<(DriftKind, Option<&str>)> = drifts.iter().map(|drift| (drift.kind, drift.code.as_deref())).collect();
    assert_eq!(described, [(DriftKind::Changed, Some("180")), (DriftKind::Unmanaged, None)]);
}

#[test]
fn drift_findings_are_placed_at_the_code_or_at_the_key() {
    let path = |place: &Place| match place {
        Place::Cloud(at) => at.ocid.to_string(),
        _ => "infra/main.tf".to_owned(),
    };
    let paths = Paths { place: &path, root: &str::to_owned, address: &|_| None };
    let off = with(live("a"), |key| key.rotation.enabled = Fact::known(false));
    let drifts = compare(&[off, live("b")], &[code("a")], &DriftScope::default());
    let findings = drift_findings(&drifts, &paths);
    let described: Vec<(&str, &str, bool)> =
        findings.iter().map(|finding| (finding.rule, finding.kind.word(), matches!(finding.place, Place::Cloud(_)))).collect();
    assert_eq!(described, [(DRIFT, "changed", false), (DRIFT, "unmanaged", true)]);
    assert!(matches!(findings[0].trail[0].place, Place::Cloud(_)));
    assert_eq!(findings[0].instances.len(), 1);
    assert!(findings.iter().all(|finding| (finding.verdict, finding.level) == ("violation", Level::Warning)));
    let other = with(code("a"), |key| key.id.address = "oci_kms_key.other".to_owned());
    let unsure = compare(&[live("a")], &[code("a"), other], &DriftScope::default());
    assert!(unsure.iter().all(|drift| drift.message.starts_with("several declared keys may be the same key")));
    let unsure = drift_findings(&unsure, &paths);
    assert!(unsure.iter().all(|finding| (finding.verdict, finding.level) == ("undetermined", Level::Note)));
    let keys: Vec<usize> = unsure.iter().map(|finding| finding.instances.len()).collect();
    assert_eq!(keys, [2], "the keys at one place are one finding");
}
