//! API objects → `KeyFacts`.

use crate::base::{Fact, Place};
use crate::key::{
    AutoRotation, InputKind, KeyFacts, KeyId, KeyShape, KeyVersion, Lifecycle, PlannedAction, ProtectionMode, ReplicationRole,
    RotationStatus, Stage, Times, VaultType, VaultUsage,
};
use crate::live::tenancy::wire::{KeyRecord, KeyVersionRecord, RotationRecord, Usage, VaultRecord};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All that was read of one key.
pub(crate) struct KeyReadings<'a> {
    /// The region's identifier.
    pub region: &'a str,
    /// The vault.
    pub vault: &'a VaultRecord,
    /// The vault's counts, where they were asked for and told.
    pub usage: Option<&'a Usage>,
    /// The entry of the list.
    pub listed: &'a KeyRecord,
    /// The key itself, where it was asked for and told.
    pub details: Option<&'a KeyRecord>,
    /// Why it was asked for and not told.
    pub no_schedule: Option<&'a str>,
    /// The versions, newest first, where they were asked for.
    pub versions: &'a [KeyVersionRecord],
    /// Whether they were asked for and not, or not all, told.
    pub no_versions: bool,
}

/// The facts of a live key.
pub(crate) fn key_facts(seen: &KeyReadings<'_>) -> KeyFacts {
    let key = seen.details.unwrap_or(seen.listed);
    let place = Place::cloud(&key.id, seen.region);
    let root: Arc<str> = format!("live/{}", seen.region).into();
    let id = KeyId { root, inputs: None, address: key.id.clone(), input: InputKind::Live };
    let usable: Vec<&KeyVersionRecord> = seen.versions.iter().filter(|version| is_usable(version)).collect();
    let current = current(key, &usable);
    let schedule = key.auto_key_rotation_details.as_ref();
    KeyFacts {
        ocid: Some(key.id.clone()),
        region: Some(seen.region.to_owned()),
        protection_mode: word(key.protection_mode.as_deref(), ProtectionMode::read),
        rotation: rotation(seen, schedule),
        vault_type: word_fact(seen.vault.vault_type.as_deref(), VaultType::read, "the type of the vault"),
        vault: Some(seen.vault.id.clone()),
        lifecycle: word_fact(key.lifecycle_state.as_deref(), Lifecycle::read, "the state of the key"),
        shape: shape(seen.listed, key),
        external_key_reference: optional(key.external_key_reference_details.as_ref().and_then(|one| one.external_key_id.clone())),
        display_name: optional(key.display_name.clone()),
        compartment: optional(key.compartment_id.clone()),
        freeform_tags: key.freeform_tags.iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect(),
        defined_tags: defined_tags(key),
        replication_role: replication_role(seen, key),
        versions: seen.versions.iter().map(|version| key_version(version, current)).collect(),
        times: Times {
            created: seen.listed.time_created.or(key.time_created),
            // A list that broke off may lack the version in use; the newest that was seen is no proof then.
            current_version: current.filter(|_| !seen.no_versions).and_then(|version| version.time_created),
            last_rotation: schedule.and_then(|one| one.time_of_last_rotation),
            next_rotation: schedule.and_then(|one| one.time_of_next_rotation),
            last_status: schedule.and_then(|one| one.last_rotation_status.as_deref()).map(RotationStatus::read),
            last_message: schedule.and_then(|one| one.last_rotation_message.clone()),
            deletion: key.time_of_deletion,
        },
        vault_usage: seen.usage.and_then(|usage| {
            Some(VaultUsage { hsm_versions: usage.key_version_count?, software_versions: usage.software_key_version_count.unwrap_or(0) })
        }),
        ..KeyFacts::new(id, Stage::Actual, PlannedAction::NoOp, place)
    }
}

/// Whether a version can be the one in use: not one that is being made, and none that is going or gone.
pub(super) fn is_usable(version: &KeyVersionRecord) -> bool {
    let state = Lifecycle::read(version.lifecycle_state.as_deref().unwrap_or_default());
    !state.is_ending() && state != Lifecycle::Creating
}

/// The version in use: the one the key names, else the newest usable one. The two differ only for a moment during a rotation.
fn current<'a>(key: &KeyRecord, usable: &[&'a KeyVersionRecord]) -> Option<&'a KeyVersionRecord> {
    let named = key.current_key_version.as_deref();
    let newest = || usable.iter().copied().max_by_key(|version| version.time_created);
    usable.iter().copied().find(|version| Some(version.id.as_str()) == named).or_else(newest)
}

fn rotation(seen: &KeyReadings<'_>, schedule: Option<&RotationRecord>) -> AutoRotation {
    let key = seen.details.unwrap_or(seen.listed);
    let enabled = key.is_auto_rotation_enabled.map_or_else(Fact::unset, Fact::known);
    if seen.details.is_none() {
        let why = seen.no_schedule.unwrap_or("the service was not asked for it: no schedule is on");
        return AutoRotation { enabled, interval_days: Fact::unknown(why), start: Fact::unknown(why), ..AutoRotation::default() };
    }
    AutoRotation {
        enabled,
        interval_days: optional(schedule.and_then(|one| one.rotation_interval_in_days).filter(|days| *days != 0)),
        start: optional(schedule.and_then(|one| one.time_of_schedule_start)),
        ..AutoRotation::default()
    }
}

fn shape(listed: &KeyRecord, key: &KeyRecord) -> KeyShape {
    // Lists name the algorithm alone, in a property of the key; its details have it in the shape.
    let algorithm = key.key_shape.as_ref().and_then(|shape| shape.algorithm.clone()).or_else(|| listed.algorithm.clone());
    match &key.key_shape {
        Some(shape) => KeyShape { algorithm: optional(algorithm), length: optional(shape.length), curve: optional(shape.curve_id.clone()) },
        None => {
            let why = "lists of keys do not include it";
            KeyShape { algorithm: optional(algorithm), length: Fact::unknown(why), curve: Fact::unknown(why) }
        }
    }
}

fn replication_role(seen: &KeyReadings<'_>, key: &KeyRecord) -> ReplicationRole {
    match key.is_primary.or(seen.vault.is_primary) {
        Some(false) => ReplicationRole::Replica,
        // Advice for a replica sends its reader to a primary key in another region: where the details of the vault are denied,
        // none may be supposed.
        _ => ReplicationRole::Primary,
    }
}

fn key_version(version: &KeyVersionRecord, current: Option<&KeyVersionRecord>) -> KeyVersion {
    KeyVersion {
        id: version.id.clone(),
        place: None,
        time_created: version.time_created,
        is_current: current.map(|current| current.id == version.id),
        is_auto_rotated: version.is_auto_rotated,
    }
}

/// Tags of all namespaces as `Namespace.Key`.
fn defined_tags(key: &KeyRecord) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for (namespace, pairs) in key.defined_tags.iter().flatten() {
        tags.extend(pairs.iter().map(|(name, value)| (format!("{namespace}.{name}"), text(value))));
    }
    tags
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A word of the service; missing and empty are unset.
fn word<T>(text: Option<&str>, read: fn(&str) -> T) -> Fact<T> {
    optional(text.filter(|text| !text.is_empty()).map(read))
}

/// A word the service always says; where it does not, that is not known.
fn word_fact<T>(text: Option<&str>, read: fn(&str) -> T, what: &str) -> Fact<T> {
    text.map_or_else(|| Fact::unknown(format!("the service did not report {what}")), |text| Fact::known(read(text)))
}

fn optional<T>(value: Option<T>) -> Fact<T> {
    value.map_or_else(Fact::unset, Fact::known)
}
