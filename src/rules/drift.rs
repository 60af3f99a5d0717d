//! Drift: what the code says of a key against what the service says of it.

mod home;
mod pairing;

use self::home::{Home, is_ending, vault_ocid};
use self::pairing::{Pair, Pairing};
use super::finding::Finding;
use super::findings::{FindingCollector, Paths, ReportedInstance, ReportedVerdict};
use super::place::{self, Placement};
use super::subject::{always, capitalized, day};
use super::{DRIFT, Kind, Level};
use crate::base::{Claim, Fact, Step};
use crate::key::{KeyFacts, KeyId, Lifecycle, PlannedAction};
use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriftKind {
    /// An attribute differs between code and service.
    Changed,
    /// Declared and applied, but gone, pending deletion or disabled.
    Missing,
    /// An enabled key that no code declares.
    Unmanaged,
    /// The pair is ambiguous, or the key could not be read.
    Unproven,
}

impl DriftKind {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Unmanaged => "unmanaged",
            Self::Unproven => "unproven",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The kind.
    pub kind: DriftKind,
    /// The attribute, as Terraform names it; `None` where the complete key differs.
    pub attribute: Option<&'static str>,
    /// What the service says, where it may be shown.
    pub live: Option<String>,
    /// What the code says, where it may be shown.
    pub code: Option<String>,
    /// Where the edit belongs: at the code where there is any, else at the key in the service.
    pub at: Placement,
    /// The declared key, or the live one where none is declared.
    pub key: KeyId,
    /// The live key's display name, where only it is spoken of and the name may be shown.
    pub name: Option<String>,
    /// The root module's directory, or the document, that declares it.
    pub root: Arc<str>,
    /// The addresses and OCIDs it speaks of, sorted.
    pub addresses: Vec<String>,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

/// What was audited: a key can only be missing where the audit looked.
#[derive(Clone, Debug, Default)]
pub struct DriftScope {
    /// Identifiers and short codes of the audited regions, since OCIDs have either; empty for all.
    pub regions: Vec<String>,
    /// The audited compartments' OCIDs; `None` for the complete tenancy.
    pub compartments: Option<Vec<String>>,
    /// OCIDs of compartments, vaults and keys that could not be read.
    pub unread: Vec<String>,
    /// Report keys that no code declares wherever they are, not only in the vaults and compartments the code speaks of.
    pub all_unmanaged: bool,
}

/// Compares the service's keys with the declared ones. The result is sorted by address.
#[must_use]
pub fn compare<K: Borrow<KeyFacts>>(live: &[K], declared: &[K], scope: &DriftScope) -> Vec<Drift> {
    let live: Vec<&KeyFacts> = live.iter().map(Borrow::borrow).collect();
    let declared: Vec<&KeyFacts> = declared.iter().map(Borrow::borrow).collect();
    drifts(&live, &declared, scope)
}

fn drifts(live: &[&KeyFacts], declared: &[&KeyFacts], scope: &DriftScope) -> Vec<Drift> {
    let pairing = Pairing::new(live, declared);
    let audited = Audited::new(scope);
    let mut drifts = Vec::new();
    for (key, pair) in declared.iter().zip(&pairing.pairs) {
        let names = |indices: &[usize]| indices.iter().filter_map(|index| live.get(*index)?.ocid.clone()).collect();
        match pair {
            Pair::With(index) => drifts.extend(live.get(*index).into_iter().flat_map(|live| differences(key, live))),
            Pair::Gone(ocid) => drifts.extend(gone(key, ocid, &audited)),
            Pair::Shared(index) => drifts.push(ambiguous(key, 1, names(&[*index]))),
            Pair::OneOf { count, examples } => drifts.push(ambiguous(key, *count, names(examples))),
            Pair::None => {}
        }
    }
    let mentioned = Mentioned::new(live, declared, &pairing);
    let nameless = Nameless::new(declared.iter().zip(&pairing.pairs).filter(|(_, pair)| matches!(pair, Pair::None)).map(|(key, _)| *key));
    for (index, key) in live.iter().enumerate() {
        let in_scope = scope.all_unmanaged || mentioned.holds(key);
        if in_scope && is_enabled(key) && !pairing.taken.contains(&index) {
            drifts.push(unmanaged(key, nameless.may_be(key)));
        }
    }
    drifts.sort_by(|a, b| (&a.addresses, a.kind, a.attribute, &a.key).cmp(&(&b.addresses, b.kind, b.attribute, &b.key)));
    drifts
}

/// Drift as findings of the rule [`DRIFT`], sorted by place. What one edit of the code settles for several keys is one finding.
#[must_use]
pub(crate) fn drift_findings(drifts: &[Drift], paths: &Paths<'_>) -> Vec<Finding> {
    let mut gathered = FindingCollector::new(paths);
    for drift in drifts {
        let is_unproven = drift.kind == DriftKind::Unproven;
        let note = match drift.kind {
            DriftKind::Changed => "Terraform cannot see all of this: the provider never reads the rotation schedule back.",
            DriftKind::Missing | DriftKind::Unmanaged | DriftKind::Unproven => "",
        };
        let reported = ReportedVerdict {
            rule: DRIFT,
            verdict: if is_unproven { "undetermined" } else { "violation" },
            kind: Kind::Drift(drift.kind),
            attribute: drift.attribute,
            level: if is_unproven { Level::Note } else { Level::Warning },
            at: Cow::Borrowed(&drift.at),
            message: &drift.message,
            note,
            help: &drift.help,
        };
        gathered.put(ReportedInstance { key: &drift.key, root: &drift.root, name: drift.name.clone(), notes: &[] }, reported);
    }
    gathered.finish()
}

/// The vaults and compartments that the code speaks of.
struct Mentioned<'a> {
    vaults: BTreeSet<&'a str>,
    compartments: BTreeSet<&'a str>,
}

impl<'a> Mentioned<'a> {
    fn new(live: &[&'a KeyFacts], declared: &[&'a KeyFacts], pairing: &Pairing<'a>) -> Self {
        let paired = pairing.taken.iter().filter_map(|index| live.get(*index));
        let all: Vec<&'a KeyFacts> = declared.iter().chain(paired).copied().collect();
        Self {
            vaults: all.iter().filter_map(|key| vault_ocid(key)).collect(),
            compartments: all.iter().filter_map(|key| key.compartment.value()).map(String::as_str).collect(),
        }
    }

    fn holds(&self, key: &KeyFacts) -> bool {
        vault_ocid(key).is_some_and(|vault| self.vaults.contains(vault))
            || key.compartment.value().is_some_and(|compartment| self.compartments.contains(compartment.as_str()))
    }
}

/// What differs between a declared key and its live self.
fn differences(code: &KeyFacts, live: &KeyFacts) -> Vec<Drift> {
    // What Terraform is about to remove or renew is no drift.
    if matches!(code.planned_action, PlannedAction::Delete | PlannedAction::Forget | PlannedAction::Replace) {
        return Vec::new();
    }
    let wants_disabled = always(&code.lifecycle, |state| state.is_some_and(Lifecycle::is_disabled));
    let going = is_ending(live) || (!wants_disabled && always(&live.lifecycle, |state| state.is_some_and(Lifecycle::is_disabled)));
    if going {
        let state = live.lifecycle.value().map_or_else(String::new, ToString::to_string);
        let mut drift = whole(DriftKind::Missing, code, Some(live), format!("the key is declared, but in the service it is {state}"));
        drift.live = Some(state);
        drift.help = "Enable the key or cancel its deletion if the code is right; otherwise remove the resource from the code.".to_owned();
        return vec![drift];
    }
    let days = |days: &i64| days.to_string();
    let off = |fact: &Fact<bool>| fact.value().copied().unwrap_or(false);
    let mut drifts = Vec::new();
    drifts.extend(attribute("protection_mode", &code.protection_mode, &live.protection_mode, ToString::to_string, (code, live)));
    let (switch, live_switch) = (&code.rotation.enabled, &live.rotation.enabled);
    if switch.value().is_some_and(|on| *on != off(live_switch)) && live_switch.as_unknown().is_none() {
        drifts.extend(attribute("is_auto_rotation_enabled", switch, live_switch, ToString::to_string, (code, live)));
    }
    drifts.extend(attribute("rotation_interval_in_days", &code.rotation.interval_days, &live.rotation.interval_days, days, (code, live)));
    let start = |time: &jiff::Timestamp| day(*time).to_string();
    drifts.extend(attribute("time_of_schedule_start", &code.rotation.start, &live.rotation.start, start, (code, live)));
    if wants_disabled && live.lifecycle.value() == Some(&Lifecycle::Enabled) {
        drifts.extend(attribute("desired_state", &code.lifecycle, &live.lifecycle, ToString::to_string, (code, live)));
    }
    drifts
}

/// An attribute that the code sets and the service has otherwise. What the code leaves out the provider leaves alone.
fn attribute<T>(
    name: &'static str,
    code: &Fact<T>,
    live: &Fact<T>,
    show: impl Fn(&T) -> String,
    keys: (&KeyFacts, &KeyFacts),
) -> Option<Drift> {
    let written = show(code.value()?);
    let found = match &live.claim {
        Claim::Known(value) => Some(show(value)),
        Claim::Unset => None,
        Claim::Unknown(_) => return None,
    };
    if found.as_ref() == Some(&written) {
        return None;
    }
    let visible = code.shows(false);
    let configured = if visible { format!("`{written}`") } else { "a value that is not shown".to_owned() };
    let has = found.as_ref().map_or_else(|| "unset".to_owned(), |value| format!("`{value}`"));
    let mut drift =
        whole(DriftKind::Changed, keys.0, Some(keys.1), format!("`{name}` is {configured} in the code and {has} in the service"));
    drift.attribute = Some(name);
    drift.at = place::of(keys.0, code, name).labeled("set in the code").with([in_service(keys.1)]);
    let as_it_is = match (&found, name) {
        // The day alone is shown of a time, and what the service leaves unset has no value to write.
        (None, _) | (_, "time_of_schedule_start") => "set the value of the service in the code".to_owned(),
        (Some(value), "protection_mode" | "desired_state") => drift.at.set(name, &format!("\"{value}\"")),
        (Some(value), _) => drift.at.set(name, value),
    };
    drift.live = found;
    drift.code = visible.then_some(written);
    drift.help = match name {
        "protection_mode" => {
            format!("The mode of a key can never be changed: {as_it_is}, or Terraform will replace the key.")
        }
        "rotation_interval_in_days" | "time_of_schedule_start" => {
            let set = capitalized(&as_it_is);
            format!("{set}, or change the service by hand: Terraform never reads the schedule back and will plan no change.")
        }
        _ => format!("Apply the code again if it is right; else {as_it_is}."),
    };
    Some(drift)
}

/// The scope, to look things up in.
struct Audited<'a> {
    regions: &'a [String],
    compartments: Option<BTreeSet<&'a str>>,
    unread: BTreeSet<&'a str>,
}

impl<'a> Audited<'a> {
    fn new(scope: &'a DriftScope) -> Self {
        Self {
            regions: &scope.regions,
            compartments: scope.compartments.as_ref().map(|list| list.iter().map(String::as_str).collect()),
            unread: scope.unread.iter().map(String::as_str).collect(),
        }
    }

    /// Whether the key itself, its vault or its compartment could not be read, or may be what could not be read.
    fn is_unread(&self, code: &KeyFacts, ocid: &str) -> bool {
        let compartment =
            || code.compartment.value().map_or(!self.unread.is_empty(), |compartment| self.unread.contains(compartment.as_str()));
        self.unread.contains(ocid) || vault_ocid(code).is_some_and(|vault| self.unread.contains(vault)) || compartment()
    }

    /// Whether the audit left out where the key is.
    fn leaves_out(&self, code: &KeyFacts, ocid: &str) -> bool {
        let compartment =
            |audited: &BTreeSet<&str>| code.compartment.value().is_none_or(|compartment| !audited.contains(compartment.as_str()));
        self.compartments.as_ref().is_some_and(compartment) || !is_region_audited(ocid, self.regions)
    }
}

/// A declared key with an OCID that the service does not list.
fn gone(code: &KeyFacts, ocid: &str, audited: &Audited<'_>) -> Option<Drift> {
    if matches!(code.planned_action, PlannedAction::Delete | PlannedAction::Forget) {
        return None;
    }
    let (unread, outside) = (audited.is_unread(code, ocid), audited.leaves_out(code, ocid));
    let mut drift = if unread || outside {
        let why = if unread {
            "a part of the tenancy that may contain it could not be read"
        } else {
            "the audit did not cover its compartment or region"
        };
        whole(DriftKind::Unproven, code, None, format!("cannot determine whether the declared key still exists: {why}"))
    } else {
        let mut drift =
            whole(DriftKind::Missing, code, None, "the key is declared and was created, but the service does not have it".to_owned());
        drift.help = "Plan again: Terraform will create a new key, which cannot decrypt what the old one encrypted.".to_owned();
        drift
    };
    drift.addresses.push(ocid.to_owned());
    drift.addresses.sort();
    drift.addresses.dedup();
    Some(drift)
}

/// Whether the region in an OCID was audited.
fn is_region_audited(ocid: &str, regions: &[String]) -> bool {
    ocid.split('.').nth(3).is_some_and(|region| regions.is_empty() || regions.iter().any(|audited| audited == region))
}

/// A declared key that may be one of several, or one that others may be.
fn ambiguous(code: &KeyFacts, count: usize, names: Vec<String>) -> Drift {
    let message = if count == 1 {
        "several declared keys may be the same key in the service: they have its display name".to_owned()
    } else {
        format!("cannot determine which of {count} keys in the service this is: they have the same display name")
    };
    let mut drift = whole(DriftKind::Unproven, code, None, message);
    drift.addresses.extend(names);
    drift.addresses.sort();
    drift.help = "Pass the state or a plan to `--against` as well: they have the OCIDs.".to_owned();
    drift
}

/// Declared keys that are no live key yet and whose name is not known, by vault and compartment as far as these are: the first of each.
struct Nameless<'a>(BTreeMap<Home<'a>, (usize, &'a KeyFacts)>);

impl<'a> Nameless<'a> {
    fn new(unpaired: impl Iterator<Item = &'a KeyFacts>) -> Self {
        let mut first = BTreeMap::new();
        for (at, key) in unpaired.enumerate().filter(|(_, key)| key.display_name.as_unknown().is_some()) {
            first.entry(Home::of(key)).or_insert((at, key));
        }
        Self(first)
    }

    /// The first that a live key may be.
    fn may_be(&self, live: &KeyFacts) -> Option<&'a KeyFacts> {
        Home::of(live).as_far_as_known().iter().filter_map(|home| self.0.get(home)).min_by_key(|(at, _)| *at).map(|(_, key)| *key)
    }
}

/// An enabled key that nothing declares, as far as that can be told. A declared key whose name is not known may be this one.
fn unmanaged(live: &KeyFacts, nameless: Option<&KeyFacts>) -> Drift {
    let mut drift = match nameless {
        Some(code) => whole(
            DriftKind::Unproven,
            live,
            None,
            format!("cannot determine whether any code declares the key: `{}` may be it, but its display name is unknown", code.id.address),
        ),
        None => whole(DriftKind::Unmanaged, live, None, "no code declares this enabled key".to_owned()),
    };
    drift.help = match nameless {
        Some(_) => "Pass the state or a plan to `--against` as well: they have the OCIDs.".to_owned(),
        None => "Import it into the code, or disable it and schedule its deletion if nothing uses it.".to_owned(),
    };
    drift
}

/// A difference of a complete key.
fn whole(kind: DriftKind, key: &KeyFacts, live: Option<&KeyFacts>, message: String) -> Drift {
    let mut addresses: Vec<String> = std::iter::once(key.id.address.clone()).chain(live.and_then(|live| live.ocid.clone())).collect();
    addresses.sort();
    addresses.dedup();
    Drift {
        kind,
        attribute: None,
        live: None,
        code: None,
        at: place::of_key(key, "").with(live.map(in_service)),
        key: key.id.clone(),
        name: key.service_name().map(str::to_owned),
        root: Arc::clone(key.source_root.as_ref().unwrap_or(&key.id.root)),
        addresses,
        message,
        help: String::new(),
    }
}

/// The key in the service, as a step.
fn in_service(live: &KeyFacts) -> Step {
    Step::new(live.place.clone(), "the key in the service")
}

fn is_enabled(key: &KeyFacts) -> bool {
    key.lifecycle.value() == Some(&Lifecycle::Enabled)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{actual, declared, rotated, with};
    use super::*;
    use crate::base::Place;
    use crate::key::ProtectionMode;

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

    /// A declared key that is the live one of the same name, by name and compartment.
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
    fn a_pair_that_agrees_is_silent() {
        for declared in [code("a"), applied("a")] {
            assert_eq!(kinds(&[live("a")], &[declared], &DriftScope::default()), []);
        }
        // What the code leaves out the provider leaves alone.
        let bare = with(code("a"), |key| key.rotation = crate::key::AutoRotation::default());
        assert_eq!(kinds(&[live("a")], &[bare], &DriftScope::default()), []);
    }

    #[test]
    fn changed_attributes_are_told_one_by_one_with_both_values() {
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
    fn what_amounts_to_the_same_is_no_drift() {
        let off = with(code("a"), |key| key.rotation = crate::key::AutoRotation { enabled: Fact::known(false), ..Default::default() });
        let unset = with(live("a"), |key| key.rotation = crate::key::AutoRotation::default());
        assert_eq!(kinds(&[unset], &[off], &DriftScope::default()), [], "unset is off");
        let unread = with(live("a"), |key| key.rotation.enabled = Fact::unknown("its rotation schedule could not be read"));
        assert_eq!(kinds(&[unread], &[code("a")], &DriftScope::default()), []);
        let meant = with(applied("a"), |key| key.lifecycle = Fact::known(Lifecycle::Disabled));
        let changing = with(live("a"), |key| key.lifecycle = Fact::known(Lifecycle::read("UPDATING")));
        assert_eq!(kinds(&[changing], &[meant], &DriftScope::default()), [], "the service is at it");
    }

    #[test]
    fn the_help_fits_the_attribute() {
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
    fn a_vault_known_by_ocid_tells_namesakes_apart() {
        let elsewhere = with(live("b"), |key| {
            key.display_name = Fact::known("a".to_owned());
            key.vault = Some("ocid1.vault.oc1.eu-frankfurt-1.w".to_owned());
        });
        let placed = with(code("a"), |key| key.vault = Some(VAULT.to_owned()));
        let far = DriftScope { all_unmanaged: true, ..DriftScope::default() };
        assert_eq!(kinds(&[live("a"), elsewhere], std::slice::from_ref(&placed), &far), [(DriftKind::Unmanaged, None)]);
        // The vault alone is enough, and another compartment contradicts it.
        let unsure = with(placed.clone(), |key| key.compartment = Fact::unknown("variable `c` has no value"));
        assert_eq!(kinds(&[live("a")], &[unsure], &far), []);
        let contradicting = with(placed, |key| key.compartment = Fact::known("ocid1.compartment.oc1..d".to_owned()));
        assert_eq!(kinds(&[live("a")], &[contradicting], &far), [(DriftKind::Unmanaged, None)]);
    }

    #[test]
    fn an_address_that_two_states_give_to_two_keys_names_neither() {
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
        assert_eq!(changed(["a", "b"]), 0, "which of them the code is cannot be told");
        assert_eq!(changed(["a", "a"]), 1, "states that agree say which key it is");
    }

    #[test]
    fn a_key_may_be_where_a_vault_or_the_key_itself_could_not_be_read() {
        let placed = with(applied("a"), |key| key.vault = Some(VAULT.to_owned()));
        for unread in [VAULT.to_owned(), live("a").ocid.unwrap()] {
            let scope = DriftScope { unread: vec![unread], ..DriftScope::default() };
            assert_eq!(kinds(&[], std::slice::from_ref(&placed), &scope), [(DriftKind::Unproven, None)], "{scope:?}");
        }
    }

    #[test]
    fn an_unmanaged_key_is_unproven_only_where_a_nameless_one_may_be_it() {
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
    fn a_sensitive_value_is_compared_and_not_shown() {
        let secret = with(code("a"), |key| key.rotation.interval_days = Fact { sensitive: true, ..Fact::known(77) });
        let drifts = compare(&[live("a")], &[secret], &DriftScope::default());
        assert_eq!(drifts.len(), 1);
        assert!(!format!("{drifts:?}").contains("77"));
    }

    #[test]
    fn keys_that_are_gone_going_or_disabled_are_missing() {
        assert_eq!(kinds(&[], &[applied("a")], &DriftScope::default()), [(DriftKind::Missing, None)]);
        for state in ["PENDING_DELETION", "DISABLED"] {
            let going = with(live("a"), |key| key.lifecycle = Fact::known(Lifecycle::read(state)));
            assert_eq!(
                kinds(std::slice::from_ref(&going), &[applied("a")], &DriftScope::default()),
                [(DriftKind::Missing, None)],
                "{state}"
            );
            let deleting = with(applied("a"), |key| key.planned_action = PlannedAction::Delete);
            assert_eq!(kinds(&[going], &[deleting], &DriftScope::default()), [], "{state}");
        }
        assert_eq!(kinds(&[], &[code("a")], &DriftScope::default()), [], "it was never made");
        let meant = with(applied("a"), |key| key.lifecycle = Fact::known(Lifecycle::Disabled));
        let disabled = with(live("a"), |key| key.lifecycle = Fact::known(Lifecycle::Disabled));
        assert_eq!(kinds(&[disabled], &[meant], &DriftScope::default()), []);
    }

    #[test]
    fn nothing_is_missing_from_where_nobody_looked() {
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
    fn unmanaged_keys_are_told_where_the_code_speaks() {
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
    fn what_is_ambiguous_is_unproven_and_not_unmanaged() {
        let twin = with(live("b"), |key| key.display_name = Fact::known("a".to_owned()));
        assert_eq!(kinds(&[live("a"), twin.clone()], &[code("a")], &DriftScope::default()), [(DriftKind::Unproven, None)]);
        let other = with(code("a"), |key| key.id.address = "oci_kms_key.other".to_owned());
        assert_eq!(kinds(&[live("a")], &[code("a"), other], &DriftScope::default()), [(DriftKind::Unproven, None); 2]);
        let going = with(twin, |key| key.lifecycle = Fact::known(Lifecycle::PendingDeletion));
        assert_eq!(kinds(&[live("a"), going], &[code("a")], &DriftScope::default()), [], "a key that is going makes way");
        let nameless = with(code("a"), |key| key.display_name = Fact::unknown("variable `name` has no value"));
        assert_eq!(kinds(&[live("a")], &[nameless], &DriftScope::default()), [(DriftKind::Unproven, None)]);
        let placeless = with(code("a"), |key| key.compartment = Fact::unknown("variable `c` has no value"));
        assert_eq!(
            kinds(&[live("a")], &[placeless], &DriftScope { all_unmanaged: true, ..DriftScope::default() }).len(),
            1,
            "a name alone proves nothing"
        );
    }

    #[test]
    fn many_namesakes_are_not_named_one_by_one() {
        let twins = |count: usize| -> Vec<KeyFacts> {
            (0..count).map(|at| with(live(&format!("{at:03}")), |key| key.display_name = Fact::known("a".to_owned()))).collect()
        };
        let codes: Vec<KeyFacts> = (0..100).map(|at| with(code("a"), |key| key.id.address = format!("oci_kms_key.k[{at}]"))).collect();
        let drifts = compare(&twins(100), &codes, &DriftScope { all_unmanaged: true, ..DriftScope::default() });
        assert_eq!(drifts.len(), 100, "every live key may be declared");
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
    fn a_name_is_looked_for_in_the_vault_and_the_compartment_that_the_code_knows() {
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
    fn a_state_beside_the_configuration_says_which_key_it_is() {
        let twin = with(live("b"), |key| key.display_name = Fact::known("a".to_owned()));
        let state = with(applied("a"), |key| key.id.root = "terraform.tfstate".into());
        let changed = with(code("a"), |key| key.rotation.interval_days = Fact::known(180));
        let drifts = compare(&[live("a"), twin], &[changed, state], &DriftScope::default());
        let described: Vec<(DriftKind, Option<&str>)> = drifts.iter().map(|drift| (drift.kind, drift.code.as_deref())).collect();
        assert_eq!(described, [(DriftKind::Changed, Some("180")), (DriftKind::Unmanaged, None)]);
    }

    #[test]
    fn drift_becomes_findings_at_the_code_or_at_the_key() {
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
}
