//! The configurations in `testdata/parity` give the same facts as Terraform's plans of them.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use crate::harness::read_json;
use kmslint::base::{Claim, Fact, ProblemKind, Sources};
use kmslint::key::{Inventory, KeyFacts, ScheduleForm};
use kmslint::terraform::{FileDialect, InputSource, ScanRequest, read};
use serde_json::Value;
use std::fmt::{Display, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn cases() -> Vec<(PathBuf, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/parity");
    let mut cases: Vec<_> = std::fs::read_dir(directory)
        .expect("testdata/parity")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let text = std::fs::read_to_string(path.join("expected.json")).expect("every case has its expectation");
            (path, read_json(&text).expect("the expectation is JSON"))
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

fn request(case: &Path, expected: &Value) -> ScanRequest {
    let args = &expected["args"];
    let texts = |value: &Value| -> Vec<(String, String)> {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect()
    };
    let mut request = ScanRequest::new(case.to_path_buf(), Vec::new());
    request.inputs = texts(&args["vars"]).into_iter().map(|(name, value)| InputSource::Var(name, value)).collect();
    for file in args["var_files"].as_array().into_iter().flatten() {
        request.inputs.push(InputSource::File(file.as_str().expect("a path").into()));
    }
    for (name, value) in texts(&args["env"]) {
        match name.strip_prefix("TF_VAR_") {
            Some(variable) => drop(request.env_vars.insert(variable.to_owned(), value)),
            None if name == "TF_DATA_DIR" => request.data_dir = Some(value.into()),
            None => panic!("no such environment: {name}"),
        }
    }
    request.workspace = args["workspace"].as_str().map(str::to_owned);
    if expected["dialect"] == "opentofu" {
        request.dialect = FileDialect::OpenTofu;
    }
    // Subdirectories, such as installed modules, are not additional roots.
    let own = case.to_path_buf();
    request.exclude = Box::new(move |path| path != own);
    request
}

fn claim<T: Display>(fact: &Fact<T>) -> Value {
    let mut out = match &fact.claim {
        Claim::Known(value) => serde_json::json!({"claim": "known", "value": value.to_string()}),
        Claim::Unset => serde_json::json!({"claim": "unset"}),
        Claim::Unknown(_) => serde_json::json!({"claim": "unknown"}),
    };
    if fact.sensitive && matches!(fact.claim, Claim::Known(_)) {
        out["sensitive"] = true.into();
    }
    out
}

/// The expectation in the form of `claim`.
fn wanted(expected: &Value) -> Value {
    let mut out = expected.clone();
    if let Some(value) = out.get_mut("value") {
        *value = value.as_str().map_or_else(|| value.to_string(), str::to_owned).into();
    }
    out
}

fn compare(case: &Path, key: &KeyFacts, expected: &Value, out: &mut String) {
    let found = [
        ("protection_mode", claim(&key.protection_mode)),
        ("is_auto_rotation_enabled", claim(&key.rotation.enabled)),
        ("rotation_interval_in_days", claim(&key.rotation.interval_days)),
        ("time_of_schedule_start", claim(&key.rotation.start)),
        ("vault_type", claim(&key.vault_type)),
        ("display_name", claim(&key.display_name)),
    ];
    for (name, found) in found {
        let Some(expected) = expected.get(name) else { continue };
        // The file with the vault has an error in another block; kmslint still reads the vault, Terraform rejects the file.
        if name == "vault_type" && case.ends_with("hand-syntax-error-beside") {
            continue;
        }
        let or = expected["or"].as_str().map(str::to_owned);
        let mut expected = wanted(expected);
        expected.as_object_mut().expect("a claim").remove("or");
        // The service ignores the case of its enumerated values.
        let is_word = matches!(name, "protection_mode" | "vault_type");
        let is_same = found == expected || (is_word && found.to_string().eq_ignore_ascii_case(&expected.to_string()));
        if !is_same && or.is_none_or(|or| found["claim"] != *or) {
            let _ = writeln!(out, "    {}: {name} is {found}, in Terraform {expected}", key.id.address);
        }
    }
    let mut same = |name: &str, found: Value| {
        if expected.get(name).is_some_and(|expected| *expected != found) {
            let _ = writeln!(out, "    {}: {name} is {found}, expected {}", key.id.address, expected[name]);
        }
    };
    same("used_by_certificate_authority", (!key.authorities.is_empty()).into());
    same("external_key_reference", key.external_key_reference.value().is_some().into());
    let within = |schedule: &&kmslint::key::Schedule| {
        schedule.period_months.is_some_and(|months| months <= 12) || schedule.period_days.is_none_or(|days| days <= 365.0)
    };
    let form = key.schedules.iter().find(within).map(|schedule| match schedule.form {
        ScheduleForm::Accumulating => "accumulating",
        ScheduleForm::Replacing => "replacing",
    });
    same("scheduled_rotation", form.into());
}

fn check(case: &Path, expected: &Value, inventory: &Inventory, sources: &Sources, out: &mut String) {
    let addresses: Vec<&str> = inventory.keys.iter().map(|key| key.id.address.as_str()).collect();
    if expected["keys_unsettled"] != true {
        let keys = expected["keys"].as_array().expect("keys");
        for expected in keys {
            let address = expected["address"].as_str().expect("an address");
            match inventory.keys.iter().find(|key| key.id.address == address) {
                Some(key) => compare(case, key, expected, out),
                None => drop(writeln!(out, "    {address} is not found among {addresses:?}")),
            }
        }
        let is_extra = |key: &KeyFacts| key.symbolic.is_some() && !keys.iter().any(|expected| expected["address"] == *key.id.address);
        // Terraform has no symbolic instances.
        let extra = if expected["hand"] == true { 0 } else { inventory.keys.iter().filter(|key| is_extra(key)).count() };
        if keys.len() + extra != inventory.keys.len() {
            let _ = writeln!(out, "    {} keys instead of {}: {addresses:?}", inventory.keys.len(), keys.len());
        }
    }
    let has_problems = !inventory.problems.is_empty();
    if has_problems != (expected["exit"] == 2) {
        let _ = writeln!(out, "    problems: {:?}", inventory.problems);
    }
    let not_followed: Vec<&str> = inventory.modules_not_followed.iter().map(|module| module.address.as_str()).collect();
    let wanted: Vec<&str> = expected["modules_not_followed"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if not_followed != wanted {
        let _ = writeln!(out, "    modules not followed: {not_followed:?} instead of {wanted:?}");
    }
    for key in &inventory.keys {
        let span = key.place.span().expect("a key of the configuration has a span");
        let text = sources.get(span.source);
        assert!(text.slice(span).contains(&*key.address.as_ref().expect("parsed").name), "{}: {}", case.display(), text.slice(span));
    }
}

#[test]
fn facts_of_a_configuration_match_terraforms_plan() {
    let mut wrong = String::new();
    let cases = cases();
    for (case, expected) in &cases {
        let sources = Arc::new(Sources::default());
        let inventory = read(&request(case, expected), &sources);
        let mut out = String::new();
        check(case, expected, &inventory, &sources, &mut out);
        if !out.is_empty() {
            let _ = writeln!(wrong, "{}\n{out}", case.file_name().unwrap_or_default().display());
        }
    }
    assert!(cases.len() >= 200, "only {} cases were run", cases.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn terraform_dialect_ignores_tofu_files() {
    let mut compared = 0;
    for (case, expected) in cases() {
        let Some(keys) = expected["terraform_keys"].as_array() else { continue };
        let mut request = request(&case, &expected);
        request.dialect = FileDialect::Terraform;
        let inventory = read(&request, &Arc::new(Sources::default()));
        let mut out = String::new();
        for (key, expected) in inventory.keys.iter().zip(keys) {
            assert_eq!(key.id.address, expected["address"].as_str().unwrap_or_default());
            compare(&case, key, expected, &mut out);
            compared += 1;
        }
        assert!(out.is_empty(), "{out}");
        assert!(!inventory.problems.iter().any(|problem| problem.kind == ProblemKind::Unparsable));
    }
    assert!(compared > 0, "no case has different keys in Terraform");
}
