//! Saved inventories: the facts of a live audit as JSON, to be checked later or elsewhere. They contain no verdicts and no secrets.
//!
//! Compiled with and without the feature `live`: reading a file needs no network.

use crate::base::{Fact, Place, Problem, ProblemKind};
use crate::key::{
    AutoRotation, InputKind, Inventory, KeyFacts, KeyId, KeyShape, KeyVersion, Keys, Lifecycle, NotAudited, PlannedAction, ProtectionMode,
    ReplicationRole, RotationStatus, Stage, Times, VaultType, VaultUsage,
};
use jiff::Timestamp;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The property that identifies a saved inventory; its value is the version of the format.
pub const MARK: &str = "kmslint_inventory";
/// The maximum file size: 1 GiB.
pub const CAP: u64 = 1 << 30;
/// The version that is written, and the only one that is read.
const VERSION: u64 = 1;

/// The file as it is written.
#[derive(Serialize)]
struct SavedFile {
    // Must equal `MARK`: serde attributes take literals only.
    #[serde(rename = "kmslint_inventory")]
    version: u64,
    /// When the tenancy was read.
    taken: String,
    keys: Vec<SavedKey>,
    not_audited: Vec<Gap>,
    problems: Vec<String>,
    /// The OCID of the tenancy.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenancy: Option<String>,
    /// Empty if the inventory is complete.
    #[serde(skip_serializing_if = "Answers::is_empty")]
    answers: Answers,
}

/// The parts of the file that `check` reads.
#[derive(Deserialize)]
struct SavedFacts {
    taken: String,
    #[serde(default)]
    keys: ParsedKeys,
    #[serde(default)]
    not_audited: Vec<Gap>,
    #[serde(default)]
    problems: Vec<String>,
}

/// The parts of the file that `--resume` reads.
#[derive(Deserialize)]
struct SavedAnswers {
    taken: String,
    tenancy: Option<String>,
    #[serde(default)]
    answers: Answers,
}

/// The keys of a file. Each is converted to facts as soon as it is parsed: a file of a few megabytes can list millions of empty keys.
#[derive(Default)]
struct ParsedKeys {
    keys: Keys,
    /// The number of keys in the file, including those that cannot be read.
    count: usize,
    /// Why keys cannot be read. A set, because many keys can have the same error.
    errors: BTreeSet<String>,
}

impl<'de> Deserialize<'de> for ParsedKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = ParsedKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ParsedKeys, A::Error> {
        let mut read = ParsedKeys::default();
        while let Some(key) = list.next_element::<SavedKey>()? {
            read.count += 1;
            match key_facts(&key) {
                Ok(facts) => read.keys.push(Box::new(facts)),
                Err(why) => {
                    let which = if key.ocid.is_empty() { "a key".to_owned() } else { format!("key {}", key.ocid) };
                    read.errors.insert(format!("{which} of this saved inventory cannot be read: {why}"));
                }
            }
        }
        Ok(read)
    }
}

/// Answers of the service by URL. The values are parsed where they are used.
pub type Answers = BTreeMap<String, serde_json::Value>;

/// The data of an unfinished audit that `--resume` continues from.
#[derive(Clone)]
pub struct UnfinishedAudit {
    /// When the first audit started.
    pub taken: Timestamp,
    /// The OCID of the tenancy.
    pub tenancy: String,
    /// The answers that were read.
    pub answers: Answers,
}

/// Why an inventory cannot be continued; a clause.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The file is not a saved inventory.
    #[error("it is not an inventory of `kmslint live --save`: {0}")]
    NotSaved(#[from] serde_json::Error),
    /// The file has another version.
    #[error("it has version {0}, and this kmslint reads version {VERSION}")]
    Version(u64),
    /// The tenancy or the time is missing.
    #[error("it does not name its tenancy and its time")]
    NoOrigin,
}

/// Reads the data of an unfinished audit. A complete inventory has no answers, so everything is read again.
///
/// # Errors
/// The text is not an inventory of this version, or does not name its tenancy and its time.
pub fn resume(text: &str) -> Result<UnfinishedAudit, ResumeError> {
    // Check the version first: a file of a later version can lack required properties, and the error would name one of these.
    let Head { version } = serde_json::from_str(text)?;
    if version != VERSION {
        return Err(ResumeError::Version(version));
    }
    let file: SavedAnswers = serde_json::from_str(text)?;
    let taken = file.taken.parse().map_err(|_| ResumeError::NoOrigin)?;
    Ok(UnfinishedAudit { taken, tenancy: file.tenancy.ok_or(ResumeError::NoOrigin)?, answers: file.answers })
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "kmslint_inventory")]
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Gap {
    ocid: String,
    region: String,
    what: String,
    why: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct SavedKey {
    ocid: String,
    region: String,
    vault: Option<String>,
    is_replica: bool,
    display_name: Option<String>,
    compartment_id: Option<String>,
    lifecycle_state: Option<String>,
    vault_type: Option<String>,
    protection_mode: Option<String>,
    algorithm: Option<String>,
    length: Option<i64>,
    curve_id: Option<String>,
    external_key_id: Option<String>,
    is_auto_rotation_enabled: Option<bool>,
    rotation_interval_in_days: Option<i64>,
    time_of_schedule_start: Option<String>,
    time_created: Option<String>,
    time_of_current_version: Option<String>,
    time_of_last_rotation: Option<String>,
    time_of_next_rotation: Option<String>,
    last_rotation_status: Option<String>,
    last_rotation_message: Option<String>,
    time_of_deletion: Option<String>,
    versions: Vec<SavedVersion>,
    vault_hsm_key_versions: Option<u64>,
    vault_software_key_versions: Option<u64>,
    freeform_tags: BTreeMap<String, String>,
    defined_tags: BTreeMap<String, String>,
    /// Why a property above is unknown, by the name of the property.
    unknown: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct SavedVersion {
    id: String,
    time_created: Option<String>,
    is_current: Option<bool>,
    is_auto_rotated: Option<bool>,
}

/// Why a key of a saved inventory cannot be read; a clause.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum SavedKeyError {
    /// The key has no OCID.
    #[error("it has no OCID")]
    NoOcid,
    /// A time that is not RFC 3339.
    #[error("`{0}` is not a time")]
    NotATime(String),
}

/// Whether a JSON text that starts with these bytes is a saved inventory.
#[must_use]
pub fn is_saved(head: &[u8]) -> bool {
    memchr::memmem::find(head, format!("\"{MARK}\"").as_bytes()).is_some()
}

/// Writes an inventory that was taken at this time. `answers` are those of an unfinished audit; empty if it is complete.
#[must_use]
pub fn write(inventory: &Inventory, taken: Timestamp, tenancy: Option<&str>, answers: Answers) -> String {
    let file = SavedFile {
        version: VERSION,
        taken: taken.to_string(),
        keys: inventory.keys.iter().map(|key| saved_key(key)).collect(),
        not_audited: inventory.not_audited.iter().map(saved_gap).collect(),
        problems: inventory.problems.iter().map(|problem| problem.message.clone()).collect(),
        tenancy: tenancy.map(str::to_owned),
        answers,
    };
    // Maps with text keys and plain values always have a JSON form.
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a file. `name` is its path as shown. The result has the gaps and problems of the saved audit too.
#[must_use]
pub fn read(name: &str, text: &str) -> Inventory {
    let place = Place::File(name.into());
    let unreadable = |message: String, help: &str| Inventory {
        problems: vec![Problem::new(ProblemKind::Unparsable, message).at(place.clone()).help(help)],
        files: 1,
        ..Inventory::default()
    };
    if let Ok(Head { version }) = serde_json::from_str::<Head>(text)
        && version != VERSION
    {
        return unreadable(
            format!("this saved inventory has version {version}, and this kmslint reads version {VERSION}"),
            "check it with the kmslint that wrote it, or a newer one",
        );
    }
    let file: SavedFacts = match serde_json::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            return unreadable(format!("cannot read this saved inventory: {error}"), "save it again with `kmslint live --save FILE`");
        }
    };
    let mut inventory = Inventory { files: 1, ..Inventory::default() };
    inventory.log.push(format!("{name}: inventory of {}, {} keys", file.taken, file.keys.count));
    inventory.keys = file.keys.keys;
    let errors = file.keys.errors.into_iter();
    inventory.problems.extend(errors.map(|message| Problem::new(ProblemKind::Unparsable, message).at(place.clone())));
    inventory.not_audited = file.not_audited.into_iter().map(gap).collect();
    inventory.problems.extend(file.problems.into_iter().map(|message| Problem::new(ProblemKind::Service, message).at(place.clone())));
    inventory
}

fn saved_key(key: &KeyFacts) -> SavedKey {
    let mut unknown = BTreeMap::new();
    SavedKey {
        ocid: key.ocid.clone().unwrap_or_default(),
        region: key.region.clone().unwrap_or_default(),
        vault: key.vault.clone(),
        is_replica: key.replication_role == ReplicationRole::Replica,
        display_name: text_or_reason(&mut unknown, "display_name", &key.display_name),
        compartment_id: text_or_reason(&mut unknown, "compartment_id", &key.compartment),
        lifecycle_state: text_or_reason(&mut unknown, "lifecycle_state", &key.lifecycle),
        vault_type: text_or_reason(&mut unknown, "vault_type", &key.vault_type),
        protection_mode: text_or_reason(&mut unknown, "protection_mode", &key.protection_mode),
        algorithm: text_or_reason(&mut unknown, "algorithm", &key.shape.algorithm),
        length: value_or_reason(&mut unknown, "length", &key.shape.length),
        curve_id: text_or_reason(&mut unknown, "curve_id", &key.shape.curve),
        external_key_id: text_or_reason(&mut unknown, "external_key_id", &key.external_key_reference),
        is_auto_rotation_enabled: value_or_reason(&mut unknown, "is_auto_rotation_enabled", &key.rotation.enabled),
        rotation_interval_in_days: value_or_reason(&mut unknown, "rotation_interval_in_days", &key.rotation.interval_days),
        time_of_schedule_start: text_or_reason(&mut unknown, "time_of_schedule_start", &key.rotation.start),
        time_created: key.times.created.map(|time| time.to_string()),
        time_of_current_version: key.times.current_version.map(|time| time.to_string()),
        time_of_last_rotation: key.times.last_rotation.map(|time| time.to_string()),
        time_of_next_rotation: key.times.next_rotation.map(|time| time.to_string()),
        last_rotation_status: key.times.last_status.as_ref().map(ToString::to_string),
        last_rotation_message: key.times.last_message.clone(),
        time_of_deletion: key.times.deletion.map(|time| time.to_string()),
        versions: key.versions.iter().map(saved_version).collect(),
        vault_hsm_key_versions: key.vault_usage.map(|usage| usage.hsm_versions),
        vault_software_key_versions: key.vault_usage.map(|usage| usage.software_versions),
        freeform_tags: key.freeform_tags.clone(),
        defined_tags: key.defined_tags.clone(),
        unknown,
    }
}

fn saved_version(version: &KeyVersion) -> SavedVersion {
    SavedVersion {
        id: version.id.clone(),
        time_created: version.time_created.map(|time| time.to_string()),
        is_current: version.is_current,
        is_auto_rotated: version.is_auto_rotated,
    }
}

/// The value of a fact. If it is unknown, adds the reason to the map.
fn value_or_reason<T: Clone>(unknown: &mut BTreeMap<String, String>, name: &str, fact: &Fact<T>) -> Option<T> {
    if let Some(reason) = fact.as_unknown() {
        unknown.insert(name.to_owned(), reason.why.to_string());
    }
    fact.value().cloned()
}

fn text_or_reason<T: Clone + ToString>(unknown: &mut BTreeMap<String, String>, name: &str, fact: &Fact<T>) -> Option<String> {
    value_or_reason(unknown, name, fact).map(|value| value.to_string())
}

fn key_facts(key: &SavedKey) -> Result<KeyFacts, SavedKeyError> {
    if !key.ocid.starts_with("ocid1.") {
        return Err(SavedKeyError::NoOcid);
    }
    let place = Place::cloud(&key.ocid, &key.region);
    let id = KeyId { root: format!("live/{}", key.region).into(), inputs: None, address: key.ocid.clone(), input: InputKind::Live };
    let text = |name: &str, value: &Option<String>| fact(key, name, value.clone());
    let number = |name: &str, value: Option<i64>| fact(key, name, value);
    let word = |name: &str, value: &Option<String>| fact(key, name, value.clone());
    Ok(KeyFacts {
        ocid: Some(key.ocid.clone()),
        region: Some(key.region.clone()),
        protection_mode: word("protection_mode", &key.protection_mode).map(|word| Some(ProtectionMode::read(&word))),
        rotation: AutoRotation {
            enabled: fact(key, "is_auto_rotation_enabled", key.is_auto_rotation_enabled),
            interval_days: number("rotation_interval_in_days", key.rotation_interval_in_days),
            start: fact(key, "time_of_schedule_start", time(&key.time_of_schedule_start)?),
            ..AutoRotation::default()
        },
        vault_type: word("vault_type", &key.vault_type).map(|word| Some(VaultType::read(&word))),
        vault: key.vault.clone(),
        lifecycle: word("lifecycle_state", &key.lifecycle_state).map(|word| Some(Lifecycle::read(&word))),
        shape: KeyShape {
            algorithm: text("algorithm", &key.algorithm),
            length: number("length", key.length),
            curve: text("curve_id", &key.curve_id),
        },
        external_key_reference: text("external_key_id", &key.external_key_id),
        display_name: text("display_name", &key.display_name),
        compartment: text("compartment_id", &key.compartment_id),
        freeform_tags: key.freeform_tags.clone(),
        defined_tags: key.defined_tags.clone(),
        replication_role: if key.is_replica { ReplicationRole::Replica } else { ReplicationRole::Primary },
        versions: key.versions.iter().map(version).collect::<Result<_, _>>()?,
        times: Times {
            created: time(&key.time_created)?,
            current_version: time(&key.time_of_current_version)?,
            last_rotation: time(&key.time_of_last_rotation)?,
            next_rotation: time(&key.time_of_next_rotation)?,
            last_status: key.last_rotation_status.as_deref().map(RotationStatus::read),
            last_message: key.last_rotation_message.clone(),
            deletion: time(&key.time_of_deletion)?,
        },
        vault_usage: key
            .vault_hsm_key_versions
            .map(|hsm_versions| VaultUsage { hsm_versions, software_versions: key.vault_software_key_versions.unwrap_or(0) }),
        ..KeyFacts::new(id, Stage::Actual, PlannedAction::NoOp, place)
    })
}

fn fact<T>(key: &SavedKey, name: &str, value: Option<T>) -> Fact<T> {
    match (value, key.unknown.get(name)) {
        (_, Some(why)) => Fact::unknown(why.as_str()),
        (Some(value), None) => Fact::known(value),
        (None, None) => Fact::unset(),
    }
}

fn version(version: &SavedVersion) -> Result<KeyVersion, SavedKeyError> {
    Ok(KeyVersion {
        id: version.id.clone(),
        place: None,
        time_created: time(&version.time_created)?,
        is_current: version.is_current,
        is_auto_rotated: version.is_auto_rotated,
    })
}

fn time(text: &Option<String>) -> Result<Option<Timestamp>, SavedKeyError> {
    let read = |text: &String| text.parse().map_err(|_| SavedKeyError::NotATime(text.clone()));
    text.as_ref().map(read).transpose()
}

fn saved_gap(gap: &NotAudited) -> Gap {
    Gap { ocid: gap.ocid.clone(), region: gap.region.clone(), what: gap.what.to_owned(), why: gap.why.clone() }
}

fn gap(gap: Gap) -> NotAudited {
    // `NotAudited` needs a `'static` text, and an edited file can contain any.
    let known = ["tenancy", "region", "compartment", "vault", "key"];
    let what = known.into_iter().find(|what| *what == gap.what).unwrap_or("part");
    NotAudited { ocid: gap.ocid, region: gap.region, what, why: gap.why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory() -> Inventory {
        let place = Place::cloud("ocid1.key.oc1.iad.a", "us-ashburn-1");
        let id =
            KeyId { root: "live/us-ashburn-1".into(), inputs: None, address: "ocid1.key.oc1.iad.a".to_owned(), input: InputKind::Live };
        let mut key = KeyFacts::new(id, Stage::Actual, PlannedAction::NoOp, place);
        key.ocid = Some("ocid1.key.oc1.iad.a".to_owned());
        key.region = Some("us-ashburn-1".to_owned());
        key.protection_mode = Fact::known(ProtectionMode::Hsm);
        key.rotation.enabled = Fact::known(true);
        key.rotation.interval_days = Fact::unknown("`read keys` is missing");
        key.times.created = Some("2024-02-01T11:30:12.995Z".parse().unwrap());
        key.versions = vec![KeyVersion {
            id: "v".to_owned(),
            place: None,
            time_created: key.times.created,
            is_current: Some(true),
            is_auto_rotated: None,
        }];
        key.vault_usage = Some(VaultUsage { hsm_versions: 21, software_versions: 3 });
        key.freeform_tags.insert("Env".to_owned(), "prod".to_owned());
        Inventory {
            keys: vec![Box::new(key)],
            not_audited: vec![NotAudited { ocid: "c".to_owned(), region: "r".to_owned(), what: "compartment", why: "no".to_owned() }],
            problems: vec![Problem::new(ProblemKind::Service, "it broke")],
            ..Inventory::default()
        }
    }

    #[test]
    fn saved_inventory_survives_a_round_trip() {
        let taken = "2026-01-02T03:04:05Z".parse().unwrap();
        let text = write(&inventory(), taken, None, Answers::new());
        assert!(text.contains(&format!("\"{MARK}\": 1")) && text.contains("2026-01-02T03:04:05Z"));
        let reread = read("evidence.json", &text);
        assert_eq!(reread.keys.len(), 1);
        // `KeyFacts` has many fields: the debug text compares all of them.
        assert_eq!(format!("{:?}", reread.keys), format!("{:?}", inventory().keys));
        assert_eq!(reread.not_audited, inventory().not_audited);
        assert_eq!(reread.problems.len(), 1);
        assert_eq!(write(&reread, taken, None, Answers::new()), text);
    }

    #[test]
    fn invalid_file_or_other_version_is_one_problem() {
        for (text, message) in [
            ("{", "cannot read this saved inventory"),
            (r#"{"kmslint_inventory": 2, "keys": {}}"#, "has version 2"),
            (r#"{"kmslint_inventory": 1}"#, "missing field `taken`"),
            (r#"{"kmslint_inventory": 1, "taken": "", "keys": [{"ocid": "ocid1.a", "time_created": "x"}]}"#, "`x` is not a time"),
            (r#"{"kmslint_inventory": 1, "taken": "", "keys": [{}]}"#, "it has no OCID"),
        ] {
            let inventory = read("f", text);
            assert!(inventory.keys.is_empty());
            assert_eq!(inventory.problems.len(), 1, "{text}");
            assert!(inventory.problems[0].message.contains(message), "{}", inventory.problems[0].message);
        }
    }

    #[test]
    fn identical_key_errors_are_reported_once_and_other_keys_are_read() {
        let key = |ocid: &str| format!("{{\"ocid\": \"{ocid}\", \"region\": \"r\"}}");
        let keys = [&vec!["{}".to_owned(); 50][..], &[key("ocid1.key.a"), key("wrong"), key("ocid1.key.b")]].concat().join(",");
        let read = read("saved.json", &format!("{{\"kmslint_inventory\": 1, \"taken\": \"2026-01-01T00:00:00Z\", \"keys\": [{keys}]}}"));
        let addresses: Vec<_> = read.keys.iter().map(|key| key.id.address.as_str()).collect();
        assert_eq!(addresses, ["ocid1.key.a", "ocid1.key.b"]);
        let messages: Vec<_> = read.problems.iter().map(|problem| problem.message.as_str()).collect();
        let expected = [
            "a key of this saved inventory cannot be read: it has no OCID",
            "key wrong of this saved inventory cannot be read: it has no OCID",
        ];
        assert_eq!(messages, expected);
        assert!(read.log.iter().any(|line| line.contains("53 keys")), "{:?}", read.log);
    }
}
