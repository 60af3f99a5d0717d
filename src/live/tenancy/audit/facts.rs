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

/// Everything that was read about one key.
pub(crate) struct KeyReadings<'a> {
    /// The region's identifier.
    pub region: &'a str,
    /// The vault.
    pub vault: &'a VaultRecord,
    /// The counts of the vault's key versions, if they were read.
    pub usage: Option<&'a Usage>,
    /// The key's entry in the list of keys.
    pub listed: &'a KeyRecord,
    /// The result of GetKey, if it was called and succeeded.
    pub details: Option<&'a KeyRecord>,
    /// Why GetKey failed.
    pub schedule_error: Option<&'a str>,
    /// The versions, newest first; empty if they were not needed.
    pub versions: &'a [KeyVersionRecord],
    /// Whether listing the versions failed, so that some or all are missing.
    pub has_incomplete_versions: bool,
}

/// The facts of a live key.
pub(crate) fn key_facts(readings: &KeyReadings<'_>) -> KeyFacts {
    let key = readings.details.unwrap_or(readings.listed);
    let place = Place::cloud(&key.id, readings.region);
    let root: Arc<str> = format!("live/{}", readings.region).into();
    let id = KeyId { root, inputs: None, address: key.id.clone(), input: InputKind::Live };
    let usable: Vec<&KeyVersionRecord> = readings.versions.iter().filter(|version| is_usable(version)).collect();
    let current = current_version(key, &usable);
    let schedule = key.auto_key_rotation_details.as_ref();
    KeyFacts {
        ocid: Some(key.id.clone()),
        region: Some(readings.region.to_owned()),
        protection_mode: optional_word(key.protection_mode.as_deref(), ProtectionMode::read),
        rotation: rotation(readings, schedule),
        vault_type: required_word(readings.vault.vault_type.as_deref(), VaultType::read, "the type of the vault"),
        vault: Some(readings.vault.id.clone()),
        lifecycle: required_word(key.lifecycle_state.as_deref(), Lifecycle::read, "the state of the key"),
        shape: shape(readings.listed, key),
        external_key_reference: optional(
            key.external_key_reference_details.as_ref().and_then(|reference| reference.external_key_id.clone()),
        ),
        display_name: optional(key.display_name.clone()),
        compartment: optional(key.compartment_id.clone()),
        freeform_tags: key.freeform_tags.iter().flatten().map(|(name, value)| (name.clone(), plain_text(value))).collect(),
        defined_tags: defined_tags(key),
        replication_role: replication_role(readings, key),
        versions: readings.versions.iter().map(|version| key_version(version, current)).collect(),
        times: Times {
            created: readings.listed.time_created.or(key.time_created),
            // An incomplete list can be missing the current version, so the newest listed version is not proof.
            current_version: current.filter(|_| !readings.has_incomplete_versions).and_then(|version| version.time_created),
            last_rotation: schedule.and_then(|schedule| schedule.time_of_last_rotation),
            next_rotation: schedule.and_then(|schedule| schedule.time_of_next_rotation),
            last_status: schedule.and_then(|schedule| schedule.last_rotation_status.as_deref()).map(RotationStatus::read),
            last_message: schedule.and_then(|schedule| schedule.last_rotation_message.clone()),
            deletion: key.time_of_deletion,
        },
        vault_usage: readings.usage.and_then(|usage| {
            Some(VaultUsage { hsm_versions: usage.key_version_count?, software_versions: usage.software_key_version_count.unwrap_or(0) })
        }),
        ..KeyFacts::new(id, Stage::Actual, PlannedAction::NoOp, place)
    }
}

/// Whether a version can be the current one: not while it is being created, and not once its deletion is scheduled.
pub(super) fn is_usable(version: &KeyVersionRecord) -> bool {
    let state = Lifecycle::read(version.lifecycle_state.as_deref().unwrap_or_default());
    !state.is_ending() && state != Lifecycle::Creating
}

/// The current version: the one that the key names, otherwise the newest usable one. They differ only briefly during a rotation.
fn current_version<'a>(key: &KeyRecord, usable: &[&'a KeyVersionRecord]) -> Option<&'a KeyVersionRecord> {
    let named = key.current_key_version.as_deref();
    let newest = || usable.iter().copied().max_by_key(|version| version.time_created);
    usable.iter().copied().find(|version| Some(version.id.as_str()) == named).or_else(newest)
}

fn rotation(readings: &KeyReadings<'_>, schedule: Option<&RotationRecord>) -> AutoRotation {
    let key = readings.details.unwrap_or(readings.listed);
    let enabled = key.is_auto_rotation_enabled.map_or_else(Fact::unset, Fact::known);
    if readings.details.is_none() {
        let why = readings.schedule_error.unwrap_or("not read, because no rotation schedule is enabled");
        return AutoRotation { enabled, interval_days: Fact::unknown(why), start: Fact::unknown(why), ..AutoRotation::default() };
    }
    AutoRotation {
        enabled,
        interval_days: optional(schedule.and_then(|schedule| schedule.rotation_interval_in_days).filter(|days| *days != 0)),
        start: optional(schedule.and_then(|schedule| schedule.time_of_schedule_start)),
        ..AutoRotation::default()
    }
}

fn shape(listed: &KeyRecord, key: &KeyRecord) -> KeyShape {
    // KeySummary has the algorithm only, as a property of the key; Key has it in its shape.
    let algorithm = key.key_shape.as_ref().and_then(|shape| shape.algorithm.clone()).or_else(|| listed.algorithm.clone());
    match &key.key_shape {
        Some(shape) => KeyShape { algorithm: optional(algorithm), length: optional(shape.length), curve: optional(shape.curve_id.clone()) },
        None => {
            let why = "the list of keys does not include it";
            KeyShape { algorithm: optional(algorithm), length: Fact::unknown(why), curve: Fact::unknown(why) }
        }
    }
}

fn replication_role(readings: &KeyReadings<'_>, key: &KeyRecord) -> ReplicationRole {
    match key.is_primary.or(readings.vault.is_primary) {
        Some(false) => ReplicationRole::Replica,
        // Advice for a replica refers to a primary key in another region, so a key is only treated as a replica if the service
        // says so. If the vault's details are denied, this is unknown.
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

/// The defined tags, named `Namespace.Key`.
fn defined_tags(key: &KeyRecord) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for (namespace, pairs) in key.defined_tags.iter().flatten() {
        tags.extend(pairs.iter().map(|(name, value)| (format!("{namespace}.{name}"), plain_text(value))));
    }
    tags
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An enum value that can be missing; missing and empty are unset.
fn optional_word<T>(text: Option<&str>, read: fn(&str) -> T) -> Fact<T> {
    optional(text.filter(|text| !text.is_empty()).map(read))
}

/// An enum value that the service always returns; a missing one is unknown.
fn required_word<T>(text: Option<&str>, read: fn(&str) -> T, what: &str) -> Fact<T> {
    text.map_or_else(|| Fact::unknown(format!("the service did not report {what}")), |text| Fact::known(read(text)))
}

fn optional<T>(value: Option<T>) -> Fact<T> {
    value.map_or_else(Fact::unset, Fact::known)
}
