//! Compares the facts that a reader found with the `expected.json` of a case.

use crate::harness::read_json;
use kmslint::base::{Claim, Fact, Place};
use kmslint::key::{Inventory, KeyFacts, ScheduleForm};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The cases of a directory of `testdata`, sorted by name.
pub fn cases(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(directory);
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// The `expected.json` of a case; a case without one fails.
pub fn expected(case: &Path) -> Value {
    let text = fs::read_to_string(case.join("expected.json")).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
    read_json(&text).unwrap_or_else(|error| panic!("{}: {error}", case.display()))
}

/// The facts of a key in the form of `expected.json`.
pub fn facts_json(key: &KeyFacts) -> Map<String, Value> {
    fn fact<T>(fact: &Fact<T>, show: impl Fn(&T) -> Value) -> Value {
        let mut json = match &fact.claim {
            Claim::Known(value) => json!({"claim": "known", "value": show(value)}),
            Claim::Unset => json!({"claim": "unset"}),
            Claim::Unknown(_) => json!({"claim": "unknown"}),
        };
        if fact.sensitive && fact.value().is_some() {
            json["sensitive"] = json!(true);
        }
        json
    }
    let mut facts = Map::new();
    facts.insert("protection_mode".into(), fact(&key.protection_mode, |mode| json!(mode.to_string())));
    facts.insert("is_auto_rotation_enabled".into(), fact(&key.rotation.enabled, |on| json!(on)));
    facts.insert("rotation_interval_in_days".into(), fact(&key.rotation.interval_days, |days| json!(days)));
    facts.insert("time_of_schedule_start".into(), fact(&key.rotation.start, |start| json!(start.to_string())));
    facts.insert("vault_type".into(), fact(&key.vault_type, |kind| json!(kind.to_string())));
    facts.insert("display_name".into(), fact(&key.display_name, |name| json!(name)));
    facts
}

/// The differences between the facts of a key and the expected ones. `lenient`: unknown is accepted, because a plan may lack the value.
pub fn differences(wanted: &Value, key: &KeyFacts, lenient: bool) -> Vec<String> {
    let facts = facts_json(key);
    let mut found = Vec::new();
    let address = &key.id.address;
    for (name, wanted) in wanted.as_object().unwrap() {
        let Some(actual) = facts.get(name) else { continue };
        let mut wanted = wanted.clone();
        let alternative = wanted.as_object_mut().unwrap().remove("or");
        let is_unknown = actual["claim"] == "unknown";
        // A plan does not have the contents of dynamic blocks.
        let dynamic =
            name == "time_of_schedule_start" && key.rotation.start.as_unknown().is_some_and(|unknown| unknown.why.contains("dynamic"));
        if alternative.is_some_and(|or| or == actual["claim"]) || is_unknown && (lenient || dynamic) {
            continue;
        }
        if !same(name, actual, &wanted) {
            found.push(format!("{address}: {name} is {actual}, not {wanted}"));
        }
    }
    if let Some(fate) = wanted["fate"].as_str()
        && fate != key.planned_action.word()
    {
        found.push(format!("{address}: its planned action is {}, not {fate}", key.planned_action.word()));
    }
    if let Some(state) = wanted["state"].as_str()
        && key.lifecycle.value().map(ToString::to_string).as_deref() != Some(state)
    {
        found.push(format!("{address}: its state is {:?}, not {state}", key.lifecycle.claim));
    }
    for (name, time) in [
        ("time_created", key.times.created),
        ("current_version_created", key.times.current_version),
        ("time_of_next_rotation", key.times.next_rotation),
    ] {
        if let Some(text) = wanted[name].as_str()
            && time != parse_time(text)
        {
            found.push(format!("{address}: {name} is {time:?}, not {text}"));
        }
    }
    if let Some(status) = wanted["last_rotation_status"].as_str()
        && key.times.last_status.as_ref().map(ToString::to_string).as_deref() != Some(status)
    {
        found.push(format!("{address}: last_rotation_status is {:?}, not {status}", key.times.last_status));
    }
    if let Some(used) = wanted["used_by_certificate_authority"].as_bool()
        && used == key.authorities.is_empty()
        && !(lenient && used)
    {
        found.push(format!("{address}: used by {:?}, wanted {used}", key.authorities));
    }
    if let Some(set) = wanted["external_key_reference"].as_bool()
        && set != key.external_key_reference.value().is_some()
    {
        found.push(format!("{address}: external_key_reference is {:?}, wanted {set}", key.external_key_reference.claim));
    }
    if let Some(form) = wanted["scheduled_rotation"].as_str()
        && !key.schedules.iter().any(|schedule| (schedule.form == ScheduleForm::Accumulating) == (form == "accumulating"))
        && key.schedules_unsure.is_none()
        && !lenient
    {
        found.push(format!("{address}: rotated by {:?}, wanted {form}", key.schedules));
    }
    if wanted["tainted"] == true && !key.notes.iter().any(|note| note.label().contains("tainted")) {
        found.push(format!("{address}: no note describes it as tainted"));
    }
    found
}

/// Compares the keys of an inventory with the expected ones; returns the differences.
pub fn compare(case: &Path, keys: &[Value], inventory: &Inventory, lenient: bool) -> Vec<String> {
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let mut wanted: Vec<&str> = keys.iter().map(|key| key["address"].as_str().unwrap()).collect();
    // Keys that may or may not exist are not in the expectations.
    let certain = inventory.keys.iter().filter(|key| key.symbolic.is_none());
    let mut actual: Vec<&str> = certain.map(|key| key.id.address.as_str()).collect();
    wanted.sort_unstable();
    actual.sort_unstable();
    let mut found = Vec::new();
    if wanted != actual {
        found.push(format!("the keys are {actual:?}, not {wanted:?}"));
    }
    for wanted in keys {
        if let Some(key) = inventory.keys.iter().find(|key| wanted["address"] == *key.id.address) {
            found.extend(differences(wanted, key, lenient));
        }
    }
    for key in &inventory.keys {
        let Place::Json(at) = &key.place else { panic!("{name}: {:?}", key.place) };
        assert!(at.pointer.starts_with('/') && at.line.is_some_and(|(line, column)| line > 0 && column > 0), "{name}: {:?}", key.place);
    }
    found.into_iter().map(|difference| format!("{name}: {difference}")).collect()
}

/// Parses a time in RFC 3339 or in Go's default format.
fn parse_time(text: &str) -> Option<jiff::Timestamp> {
    let go = || {
        let mut parts = text.split(' ');
        let (date, time, offset) = (parts.next()?, parts.next()?, parts.next()?);
        format!("{date}T{time}{}:{}", &offset[..3], &offset[3..]).parse().ok()
    };
    text.parse().ok().or_else(go)
}

fn same(name: &str, actual: &Value, wanted: &Value) -> bool {
    let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
    let time = |value: &Value| value["value"].as_str().and_then(parse_time);
    actual["claim"] == wanted["claim"]
        && actual.get("sensitive") == wanted.get("sensitive")
        && (actual["value"] == wanted["value"]
            // The service ignores the case of its enumerated values.
            || matches!(name, "protection_mode" | "vault_type") && text(actual).eq_ignore_ascii_case(&text(wanted))
            || name == "time_of_schedule_start" && time(actual) == time(wanted) && time(actual).is_some()
            || wanted.get("sensitive").is_some() && wanted.get("value").is_none())
}
