//! Drift: differences between the declared keys and the keys in the service.

mod location;
mod pairing;
#[cfg(test)]
mod tests;

use self::location::{KeyLocation, is_ending, vault_ocid};
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

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriftKind {
    /// An attribute differs between code and service.
    Changed,
    /// Declared and applied, but deleted, pending deletion or disabled.
    Missing,
    /// Enabled, but not declared in the code.
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
    /// The attribute, as Terraform names it; `None` if the key itself is missing, unmanaged or unproven.
    pub attribute: Option<&'static str>,
    /// The value in the service, if it may be shown.
    pub live: Option<String>,
    /// The value in the code, if it may be shown.
    pub code: Option<String>,
    /// The place to edit: in the code, or at the key in the service if no code declares it.
    pub at: Placement,
    /// The declared key, or the live one if no code declares it.
    pub key: KeyId,
    /// The display name of `key` if it is a live key and the name may be shown.
    pub name: Option<String>,
    /// The root module's directory, or the plan or state, that declares it.
    pub root: Arc<str>,
    /// The addresses and OCIDs of the keys involved, sorted.
    pub addresses: Vec<String>,
    /// One sentence without a final period.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

/// What the audit covered: a key can only be missing from what was audited.
#[derive(Clone, Debug, Default)]
pub struct DriftScope {
    /// Identifiers and short codes of the audited regions, since OCIDs contain either; empty for all regions.
    pub regions: Vec<String>,
    /// The audited compartments' OCIDs; `None` for the complete tenancy.
    pub compartments: Option<Vec<String>>,
    /// OCIDs of compartments, vaults and keys that could not be read.
    pub unread: Vec<String>,
    /// Whether to report all keys that no code declares, not only those in vaults and compartments of declared keys.
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
    let declared_locations = DeclaredLocations::new(live, declared, &pairing);
    let unpaired = declared.iter().zip(&pairing.pairs).filter(|(_, pair)| matches!(pair, Pair::None)).map(|(key, _)| *key);
    let unnamed = KeysWithUnknownName::new(unpaired);
    for (index, key) in live.iter().enumerate() {
        let in_scope = scope.all_unmanaged || declared_locations.contains(key);
        if in_scope && is_enabled(key) && !pairing.taken.contains(&index) {
            drifts.push(unmanaged(key, unnamed.possible_declaration(key)));
        }
    }
    drifts.sort_by(|a, b| (&a.addresses, a.kind, a.attribute, &a.key).cmp(&(&b.addresses, b.kind, b.attribute, &b.key)));
    drifts
}

/// Drift as findings with the id [`DRIFT`], sorted by place. Differences that one edit of the code resolves become one finding.
#[must_use]
pub(crate) fn drift_findings(drifts: &[Drift], paths: &Paths<'_>) -> Vec<Finding> {
    let mut collector = FindingCollector::new(paths);
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
        collector.put(ReportedInstance { key: &drift.key, root: &drift.root, name: drift.name.clone(), notes: &[] }, reported);
    }
    collector.finish()
}

/// The vaults and compartments of the declared keys.
struct DeclaredLocations<'a> {
    vaults: BTreeSet<&'a str>,
    compartments: BTreeSet<&'a str>,
}

impl<'a> DeclaredLocations<'a> {
    fn new(live: &[&'a KeyFacts], declared: &[&'a KeyFacts], pairing: &Pairing<'a>) -> Self {
        let paired = pairing.taken.iter().filter_map(|index| live.get(*index));
        let all: Vec<&'a KeyFacts> = declared.iter().chain(paired).copied().collect();
        Self {
            vaults: all.iter().filter_map(|key| vault_ocid(key)).collect(),
            compartments: all.iter().filter_map(|key| key.compartment.value()).map(String::as_str).collect(),
        }
    }

    fn contains(&self, key: &KeyFacts) -> bool {
        vault_ocid(key).is_some_and(|vault| self.vaults.contains(vault))
            || key.compartment.value().is_some_and(|compartment| self.compartments.contains(compartment.as_str()))
    }
}

/// The differences between a declared key and its live key.
fn differences(code: &KeyFacts, live: &KeyFacts) -> Vec<Drift> {
    // Differences of a key that the plan removes or replaces are not drift.
    if matches!(code.planned_action, PlannedAction::Delete | PlannedAction::Forget | PlannedAction::Replace) {
        return Vec::new();
    }
    let wants_disabled = always(&code.lifecycle, |state| state.is_some_and(Lifecycle::is_disabled));
    let is_missing = is_ending(live) || (!wants_disabled && always(&live.lifecycle, |state| state.is_some_and(Lifecycle::is_disabled)));
    if is_missing {
        let state = live.lifecycle.value().map_or_else(String::new, ToString::to_string);
        let mut drift = key_drift(DriftKind::Missing, code, Some(live), format!("the key is declared, but in the service it is {state}"));
        drift.live = Some(state);
        drift.help = "Enable the key or cancel its deletion if the code is right; otherwise remove the resource from the code.".to_owned();
        return vec![drift];
    }
    let days = |days: &i64| days.to_string();
    let off = |fact: &Fact<bool>| fact.value().copied().unwrap_or(false);
    let mut drifts = Vec::new();
    drifts.extend(attribute("protection_mode", &code.protection_mode, &live.protection_mode, ToString::to_string, (code, live)));
    let (switch, live_switch) = (&code.rotation.enabled, &live.rotation.enabled);
    // The service omits the switch if it is off, so `false` in the code is not a difference.
    if switch.value().is_some_and(|on| *on != off(live_switch)) && live_switch.as_unknown().is_none() {
        drifts.extend(attribute("is_auto_rotation_enabled", switch, live_switch, ToString::to_string, (code, live)));
    }
    drifts.extend(attribute("rotation_interval_in_days", &code.rotation.interval_days, &live.rotation.interval_days, days, (code, live)));
    // The service drops the time of day of a schedule's start.
    let start = |time: &jiff::Timestamp| day(*time).to_string();
    drifts.extend(attribute("time_of_schedule_start", &code.rotation.start, &live.rotation.start, start, (code, live)));
    if wants_disabled && live.lifecycle.value() == Some(&Lifecycle::Enabled) {
        drifts.extend(attribute("desired_state", &code.lifecycle, &live.lifecycle, ToString::to_string, (code, live)));
    }
    drifts
}

/// The difference of an attribute that the code sets. The provider does not change attributes that the code omits.
fn attribute<T>(
    name: &'static str,
    code: &Fact<T>,
    live: &Fact<T>,
    show: impl Fn(&T) -> String,
    keys: (&KeyFacts, &KeyFacts),
) -> Option<Drift> {
    let configured = show(code.value()?);
    let found = match &live.claim {
        Claim::Known(value) => Some(show(value)),
        Claim::Unset => None,
        Claim::Unknown(_) => return None,
    };
    if found.as_ref() == Some(&configured) {
        return None;
    }
    let visible = code.shows(false);
    let in_code = if visible { format!("`{configured}`") } else { "a value that is not shown".to_owned() };
    let in_service = found.as_ref().map_or_else(|| "unset".to_owned(), |value| format!("`{value}`"));
    let mut drift =
        key_drift(DriftKind::Changed, keys.0, Some(keys.1), format!("`{name}` is {in_code} in the code and {in_service} in the service"));
    drift.attribute = Some(name);
    drift.at = place::of(keys.0, code, name).labeled("set in the code").with([live_step(keys.1)]);
    let accept = match (&found, name) {
        // Only the day of a time is shown, and an unset attribute has no value to write.
        (None, _) | (_, "time_of_schedule_start") => "set the value of the service in the code".to_owned(),
        (Some(value), "protection_mode" | "desired_state") => drift.at.set(name, &format!("\"{value}\"")),
        (Some(value), _) => drift.at.set(name, value),
    };
    drift.live = found;
    drift.code = visible.then_some(configured);
    drift.help = match name {
        "protection_mode" => {
            format!("The mode of a key can never be changed: {accept}, or Terraform will replace the key.")
        }
        "rotation_interval_in_days" | "time_of_schedule_start" => {
            let set = capitalized(&accept);
            format!("{set}, or change the service manually: Terraform never reads the schedule back and will plan no change.")
        }
        _ => format!("Apply the code again if it is right; else {accept}."),
    };
    Some(drift)
}

/// A [`DriftScope`] with its lists as sets.
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

    /// Whether the key itself, its vault or its compartment could not be read.
    fn is_unread(&self, code: &KeyFacts, ocid: &str) -> bool {
        let compartment =
            // A key in an unknown compartment may be in any that was not read.
            || code.compartment.value().map_or(!self.unread.is_empty(), |compartment| self.unread.contains(compartment.as_str()));
        self.unread.contains(ocid) || vault_ocid(code).is_some_and(|vault| self.unread.contains(vault)) || compartment()
    }

    /// Whether the audit did not cover the key's compartment or region.
    fn excludes(&self, code: &KeyFacts, ocid: &str) -> bool {
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
    let (unread, outside) = (audited.is_unread(code, ocid), audited.excludes(code, ocid));
    let mut drift = if unread || outside {
        let why = if unread {
            "a part of the tenancy that may contain it could not be read"
        } else {
            "the audit did not cover its compartment or region"
        };
        key_drift(DriftKind::Unproven, code, None, format!("cannot determine whether the declared key still exists: {why}"))
    } else {
        let mut drift =
            key_drift(DriftKind::Missing, code, None, "the key is declared and was created, but the service does not have it".to_owned());
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
    // `ocid1.key.oc1.iad.…`: the fourth part is the region's identifier or code.
    ocid.split('.').nth(3).is_some_and(|region| regions.is_empty() || regions.iter().any(|audited| audited == region))
}

/// The drift of a declared key that may be one of several live keys, or that shares its live key with other declared keys.
fn ambiguous(code: &KeyFacts, count: usize, names: Vec<String>) -> Drift {
    let message = if count == 1 {
        "several declared keys may be the same key in the service: they have its display name".to_owned()
    } else {
        format!("cannot determine which of {count} keys in the service this is: they have the same display name")
    };
    let mut drift = key_drift(DriftKind::Unproven, code, None, message);
    drift.addresses.extend(names);
    drift.addresses.sort();
    drift.help = "Pass the state or a plan to `--against` as well: they have the OCIDs.".to_owned();
    drift
}

/// Declared keys without a live key and with an unknown name: the first for each location.
struct KeysWithUnknownName<'a>(BTreeMap<KeyLocation<'a>, (usize, &'a KeyFacts)>);

impl<'a> KeysWithUnknownName<'a> {
    fn new(unpaired: impl Iterator<Item = &'a KeyFacts>) -> Self {
        let mut first = BTreeMap::new();
        for (at, key) in unpaired.enumerate().filter(|(_, key)| key.display_name.as_unknown().is_some()) {
            first.entry(KeyLocation::of(key)).or_insert((at, key));
        }
        Self(first)
    }

    /// The first that may declare a live key.
    fn possible_declaration(&self, live: &KeyFacts) -> Option<&'a KeyFacts> {
        KeyLocation::of(live)
            .generalizations()
            .iter()
            .filter_map(|location| self.0.get(location))
            .min_by_key(|(at, _)| *at)
            .map(|(_, key)| *key)
    }
}

/// The drift of an enabled key that no code declares. It is unproven if a declared key with an unknown name may be this one.
fn unmanaged(live: &KeyFacts, possible_declaration: Option<&KeyFacts>) -> Drift {
    let mut drift = match possible_declaration {
        Some(code) => key_drift(
            DriftKind::Unproven,
            live,
            None,
            format!("cannot determine whether any code declares the key: `{}` may be it, but its display name is unknown", code.id.address),
        ),
        None => key_drift(DriftKind::Unmanaged, live, None, "no code declares this enabled key".to_owned()),
    };
    drift.help = match possible_declaration {
        Some(_) => "Pass the state or a plan to `--against` as well: they have the OCIDs.".to_owned(),
        None => "Import it into the code, or disable it and schedule its deletion if nothing uses it.".to_owned(),
    };
    drift
}

/// The drift of a key, without an attribute.
fn key_drift(kind: DriftKind, key: &KeyFacts, live: Option<&KeyFacts>, message: String) -> Drift {
    let mut addresses: Vec<String> = std::iter::once(key.id.address.clone()).chain(live.and_then(|live| live.ocid.clone())).collect();
    addresses.sort();
    addresses.dedup();
    Drift {
        kind,
        attribute: None,
        live: None,
        code: None,
        at: place::of_key(key, "").with(live.map(live_step)),
        key: key.id.clone(),
        name: key.service_name().map(str::to_owned),
        root: Arc::clone(key.source_root.as_ref().unwrap_or(&key.id.root)),
        addresses,
        message,
        help: String::new(),
    }
}

/// The key in the service, as a step.
fn live_step(live: &KeyFacts) -> Step {
    Step::new(live.place.clone(), "the key in the service")
}

fn is_enabled(key: &KeyFacts) -> bool {
    key.lifecycle.value() == Some(&Lifecycle::Enabled)
}
