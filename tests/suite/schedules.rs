//! Forms of rotation by code in `testdata/schedules/forms.jsonl`, with what Terraform did with each of them as time passed.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use kmslint::base::Sources;
use kmslint::key::{Inventory, KeyFacts, Schedule, ScheduleForm};
use kmslint::terraform::{ScanRequest, read};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

fn forms() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/schedules/forms.jsonl");
    let text = std::fs::read_to_string(path).expect("the forms");
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn is_within_a_year(schedule: &Schedule) -> bool {
    schedule.period_months.is_some_and(|months| months <= 12) || schedule.period_days.is_none_or(|days| days <= 365.0)
}

/// Reads a root module.
fn scan<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Inventory {
    let directory = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    read(&ScanRequest::new(directory.path().to_path_buf(), Vec::new()), &Arc::new(Sources::default()))
}

/// The answer of kmslint for a form, in the terms of the file; the key; and the problems.
fn answer(form: &Value) -> (&'static str, KeyFacts, Vec<String>) {
    let files = form["files"].as_object().expect("files");
    let inventory = scan(files.iter().map(|(path, text)| (path.as_str(), text.as_str().expect("a text"))));
    let problems: Vec<String> = inventory.problems.iter().map(|problem| problem.message.clone()).collect();
    let key = inventory.keys.into_iter().find(|key| key.id.address == "oci_kms_key.k").expect("the key is found");
    let answer = match () {
        () if !problems.is_empty() => "refused",
        () if !key.schedules.is_empty() => "rotates",
        () if key.schedules_unsure.is_some() => "unsure",
        () => "idle",
    };
    (answer, *key, problems)
}

#[test]
fn rotation_by_code_matches_terraform() {
    let forms = forms();
    let mut wrong = String::new();
    for form in &forms {
        let name = form["name"].as_str().expect("a name");
        let (found, key, problems) = answer(form);
        if found != form["answer"] {
            let _ = writeln!(wrong, "{name}: {found} {problems:?} {:?}, in Terraform {}", key.schedules_unsure, form["answer"]);
        }
        if found == "refused" {
            assert!(key.schedules.is_empty(), "{name}: {:?}", key.schedules);
        }
        assert_eq!(key.schedules.iter().any(is_within_a_year), found == "rotates" && form["slow"] != true, "{name}: {:?}", key.schedules);
    }
    assert!(forms.len() >= 110, "only {} forms", forms.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn only_a_direct_time_rotating_trigger_is_an_idle_schedule() {
    for form in forms() {
        let name = form["name"].as_str().expect("a name");
        let (_, key, _) = answer(&form);
        let others = ["two-triggers", "rotating-count", "rotating-count-whole", "json-syntax-direct"];
        let is_direct = name.starts_with("direct") || others.contains(&name);
        assert_eq!(key.idle_schedule.is_some(), is_direct, "{name}: {:?}", key.idle_schedule);
    }
}

/// Keys `a`, `b` and `c`, a variable without a value, and a resource that is replaced every 90 days.
const THREE_KEYS: &str = "resource \"oci_kms_key\" \"a\" {}\nresource \"oci_kms_key\" \"b\" {}\nresource \"oci_kms_key\" \"c\" {}\n\
    variable \"which\" {}\nresource \"time_rotating\" \"r\" {\n  rotation_days = 90\n}\n\
    resource \"terraform_data\" \"t\" {\n  triggers_replace = time_rotating.r.id\n}\n";

/// The names of those of the three keys that satisfy a condition, with this text added to the configuration.
fn keys_with(text: &str, has: impl Fn(&KeyFacts) -> bool) -> String {
    let inventory = scan([("main.tf", format!("{THREE_KEYS}{text}").as_str())]);
    inventory.keys.iter().filter(|key| has(key)).map(|key| key.id.address.trim_start_matches("oci_kms_key.")).collect()
}

fn version_of(key: &str, more: &str) -> String {
    format!("resource \"oci_kms_key_version\" \"v\" {{\n  key_id = {key}\n  {more}\n}}\n")
}

const TRIGGERED: &str = "lifecycle {\n    replace_triggered_by = [terraform_data.t]\n  }";

#[test]
fn version_of_an_unknown_key_makes_possible_keys_unsure() {
    let unsure = |key: &str, more: &str| keys_with(&version_of(key, more), |key| key.schedules_unsure.is_some());
    let rotated = |key: &str, more: &str| keys_with(&version_of(key, more), |key| !key.schedules.is_empty());
    for key in [
        "var.which ? oci_kms_key.a.id : oci_kms_key.b.id",
        "[oci_kms_key.a.id, oci_kms_key.b.id][var.which]",
        "element([oci_kms_key.a.id, oci_kms_key.b.id], var.which)",
        "lookup({ x = oci_kms_key.a.id }, var.which, oci_kms_key.b.id)",
        "{ x = oci_kms_key.a.id, y = oci_kms_key.b.id }[var.which]",
    ] {
        assert_eq!((unsure(key, TRIGGERED).as_str(), rotated(key, TRIGGERED).as_str()), ("ab", ""), "{key}");
        assert_eq!(unsure(key, ""), "", "{key}: without a schedule no key is unsure");
        assert_eq!(unsure(key, "external_key_version_id = plantimestamp()"), "ab", "{key}");
    }
    let literal = "var.which ? oci_kms_key.a.id : \"ocid1.key.oc1..other\"";
    assert_eq!((unsure(literal, TRIGGERED).as_str(), rotated(literal, TRIGGERED).as_str()), ("a", ""));
    assert_eq!(unsure("var.which", TRIGGERED), "abc");
    let same = "var.which ? oci_kms_key.a.id : oci_kms_key.a.id";
    assert_eq!((unsure(same, TRIGGERED).as_str(), rotated(same, TRIGGERED).as_str()), ("", "a"));
    for key in ["true ? oci_kms_key.a.id : oci_kms_key.b.id", "one([oci_kms_key.a.id])", "join(\"\", [oci_kms_key.a.id])"] {
        assert_eq!((unsure(key, TRIGGERED).as_str(), rotated(key, TRIGGERED).as_str()), ("", "a"), "{key}");
    }
    assert_eq!(unsure("\"ocid1.key.oc1..other\"", TRIGGERED), "");
}

#[test]
fn version_that_may_not_exist_is_not_a_certain_schedule() {
    let more = format!("count = var.which\n  {TRIGGERED}");
    let text = version_of("oci_kms_key.a.id", &more);
    assert_eq!(keys_with(&text, |key| !key.schedules.is_empty()), "");
    assert_eq!(keys_with(&text, |key| key.schedules_unsure.is_some()), "a");
    let in_time = version_of("oci_kms_key.a.id", "for_each = toset([plantimestamp()])");
    assert_eq!(keys_with(&in_time, |key| matches!(key.schedules.as_slice(), [one] if one.form == ScheduleForm::Accumulating)), "a");
}

#[test]
fn authority_of_an_unknown_key_makes_possible_keys_unsure() {
    let text = |key: &str, more: &str| {
        format!("resource \"oci_certificates_management_certificate_authority\" \"ca\" {{\n  kms_key_id = {key}\n  {more}\n}}\n")
    };
    let used = |key: &str, more: &str| keys_with(&text(key, more), |key| !key.authorities.is_empty());
    let unsure = |key: &str, more: &str| keys_with(&text(key, more), |key| key.authorities_unsure.is_some());
    for key in ["var.which ? oci_kms_key.a.id : oci_kms_key.b.id", "element([oci_kms_key.a.id, oci_kms_key.b.id], var.which)"] {
        assert_eq!((used(key, "").as_str(), unsure(key, "").as_str()), ("", "ab"), "{key}");
    }
    assert_eq!((used("oci_kms_key.c.id", "").as_str(), unsure("oci_kms_key.c.id", "").as_str()), ("c", ""));
    assert_eq!(
        (used("oci_kms_key.c.id", "count = var.which").as_str(), unsure("oci_kms_key.c.id", "count = var.which").as_str()),
        ("", "c")
    );
    assert_eq!(used("oci_kms_key.c.id", "count = 0"), "");
    assert_eq!(unsure("var.which", ""), "abc");
}
