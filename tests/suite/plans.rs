//! Plans: what is going to happen to each key. The cases are the directories of `testdata/plans`, and the plans in `testdata/parity`.

use crate::expected::{cases, compare, expected};
use crate::harness::local_reduction;
use kmslint::base::{Place, ProblemKind};
use kmslint::key::Inventory;
use kmslint::plan::{PlanOptions, Recognized, read, recognize};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn inventory(path: &Path) -> Inventory {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let recognized = recognize(&bytes[..bytes.len().min(4096)], path);
    assert!(matches!(recognized, Recognized::Plan | Recognized::State), "{}: {recognized:?}", path.display());
    read("plan.json", bytes.as_slice(), &PlanOptions::default()).inventory
}

/// Terraform does not escape letters, but another tool that rewrites a plan may do so.
#[test]
fn escaped_letters_do_not_hide_keys() {
    let plain = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/plans/format-1.0/plan.json")).expect("a plan");
    let read = |text: &str| read("plan.json", text.as_bytes(), &PlanOptions::default()).inventory;
    let keys = read(&plain).keys;
    assert!(!keys.is_empty());
    for (written, escaped) in [("\"oci_kms_key\"", "\"oci\\u005fkms_key\""), ("\"type\"", "\"t\\u0079pe\"")] {
        let found = read(&plain.replace(written, escaped));
        assert_ne!(plain.replace(written, escaped), plain);
        assert_eq!((found.keys.len(), found.problems.len()), (keys.len(), 0), "{escaped}");
    }
}

#[test]
fn plans_have_the_expected_facts() {
    let (mut differences, mut keys) = (Vec::new(), 0);
    for case in cases("plans") {
        let wanted = expected(&case);
        let found = inventory(&case.join("plan.json"));
        if wanted.get("refused").is_some() && found.keys.is_empty() {
            assert_eq!(found.problems.len(), 1, "{}", case.display());
            continue;
        }
        let exits_2 = wanted["exit"] == 2;
        if exits_2 == found.problems.is_empty() {
            differences.push(format!("{}: problems {:?}", case.display(), found.problems));
        }
        let Some(list) = wanted["keys"].as_array() else { continue };
        keys += list.len();
        differences.extend(compare(&case, list, &found, false));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert!(keys > 100, "{keys}");
}

#[test]
fn plans_agree_with_their_configurations() {
    let (mut differences, mut keys, mut unknown) = (Vec::new(), 0, 0);
    for case in cases("parity") {
        let path = case.join("plan.json");
        if !path.exists() {
            continue;
        }
        let mut found = inventory(&path);
        // In these plans the configuration is called as a module, which makes variables without a value unknown.
        for key in &mut found.keys {
            if let Some(rest) = key.id.address.strip_prefix("module.root.") {
                key.id.address = rest.to_owned();
            }
        }
        let mut list = expected(&case)["keys"].as_array().unwrap().clone();
        for key in &mut list {
            let more = key.as_object_mut().unwrap().remove("plan");
            for (name, fact) in more.iter().filter_map(Value::as_object).flatten() {
                key[name] = fact.clone();
            }
        }
        keys += list.len();
        unknown += found.keys.iter().filter(|key| key.protection_mode.as_unknown().is_some()).count();
        differences.extend(compare(&case, &list, &found, true));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert!(keys > 200 && unknown < keys / 10, "{unknown} of {keys}");
}

#[test]
fn partial_plan_is_a_problem_of_its_own_kind() {
    for name in ["errored", "incomplete", "target", "deferred-changes"] {
        let found = inventory(&cases("plans").into_iter().find(|case| case.ends_with(name)).unwrap().join("plan.json"));
        let kinds: Vec<ProblemKind> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::Partial], "{name}");
    }
}

/// A small plan with all kinds of content, for tests that truncate or change it.
fn small_plan() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/plans/forget/plan.json")).unwrap()
}

#[test]
fn plan_truncated_at_any_byte_is_one_problem() {
    let plan = small_plan();
    let plan_length = plan.trim_ascii_end().len();
    assert!(plan_length > 5_000);
    for end in (0..plan_length).step_by(local_reduction(20)) {
        let found = read("plan.json", &plan[..end], &PlanOptions::default()).inventory;
        assert_eq!(found.problems.len(), 1, "cut at {end}: {:?}", found.problems);
        assert_eq!(found.problems[0].kind, ProblemKind::Unparsable, "cut at {end}");
        let message = &found.problems[0].message;
        assert!(message.contains("byte") || message.contains("not a plan"), "cut at {end}: {message}");
    }
    assert!(read("plan.json", &plan[..plan_length], &PlanOptions::default()).inventory.problems.is_empty());
}

#[test]
fn invalid_documents_are_one_problem() {
    let deep = format!("{{\"format_version\":\"1.2\",\"planned_values\":{}", "[".repeat(100_000));
    let deep_key = format!(
        "{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"address\":\"oci_kms_key.k\",\"mode\":\"managed\",\"type\":\"oci_kms_key\",\"change\":{}{}}}]}}",
        "[".repeat(1000),
        "]".repeat(1000)
    );
    let modules = format!("{{\"format_version\":\"1.0\",\"values\":{{\"root_module\":{}", "{\"child_modules\":[".repeat(50_000));
    for (text, wanted) in [
        ("", "byte 0"),
        ("{", "truncated (byte 1)"),
        ("[]", "the document is not an object (byte 0)"),
        ("null", "the document is not an object (byte 0)"),
        (r#"{"format_version":"1.2","resource_changes":[}"#, "a resource is not an object (byte 44)"),
        (r#"{"format_version":"1.2","planned_values":{"a":[}}"#, "unmatched `}` (byte 47)"),
        (r#"{"format_version":"1.2","format_version":"1.2"}"#, "duplicate key `format_version` (byte 24)"),
        (r#"{"format_version":"1.2","resource_changes":{}}"#, "`resource_changes` is not a list (byte 43)"),
        (r#"{"format_version":"1.2","resource_changes":[]} x"#, "unexpected text after the document (byte 47)"),
        (
            r#"{"format_version":"1.2","resource_changes":[{"address":"oci_kms_key.k","type":"oci_kms_key","type":"x"}]}"#,
            "duplicate key `type` (byte 92)",
        ),
        (r#"{"format_version":"2.0","resource_changes":[]}"#, "unsupported format version 2.0"),
        (r#"{"@level":"info"}{"@level":"info"}"#, "message stream"),
        (&deep, "nested more than 10000 deep"),
        (&deep_key, "nested more than 200 deep"),
        (&modules, "nested more than 100 deep"),
    ] {
        let found = read("plan.json", text.as_bytes(), &PlanOptions::default()).inventory;
        let messages: Vec<&str> = found.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains(wanted), "{wanted}: {messages:?}");
    }
    let mut bytes = small_plan();
    let at = bytes.len() / 2;
    bytes[at] = 0xff;
    let found = read("plan.json", bytes.as_slice(), &PlanOptions::default()).inventory;
    assert_eq!(found.problems.len(), 1);
    assert!(found.problems[0].message.contains(&format!("it is not UTF-8 text (byte {at})")), "{:?}", found.problems);
}

#[test]
fn values_of_wrong_types_are_problems_and_unknown() {
    let plan = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/plans/resource-drift/plan.json")).unwrap();
    for (from, to) in [
        ("\"protection_mode\":\"SOFTWARE\"", "\"protection_mode\":[1]"),
        ("\"is_auto_rotation_enabled\":true", "\"is_auto_rotation_enabled\":\"maybe\""),
        ("\"rotation_interval_in_days\":90", "\"rotation_interval_in_days\":{}"),
    ] {
        let changes = plan.find("\"resource_changes\"").unwrap();
        let (before, after) = plan.split_at(changes);
        let wrong = format!("{before}{}", after.replace(from, to));
        assert_ne!(plan, wrong, "{from}");
        let found = read("plan.json", wrong.as_bytes(), &PlanOptions::default()).inventory;
        assert!(!found.problems.is_empty(), "{from}");
        for problem in &found.problems {
            assert!(problem.message.contains("; expected "), "{}", problem.message);
        }
    }
}

#[test]
fn unreadable_entry_is_a_problem_and_its_facts_are_unknown() {
    for (entry, wanted) in [
        (r#""address":"oci_kms_key.k","change":7"#, "`change` of `oci_kms_key.k` is a number"),
        (r#""address":"oci_kms_key.k","change":{"actions":["create"],"after":null}"#, "`after` of `oci_kms_key.k` is null"),
        (r#""change":{"actions":["create"],"after":{}}"#, "the entry of a key has no `address`"),
    ] {
        let text = format!(r#"{{"format_version":"1.2","resource_changes":[{{"mode":"managed","type":"oci_kms_key",{entry}}}]}}"#);
        let found = read("plan.json", text.as_bytes(), &PlanOptions::default()).inventory;
        let messages: Vec<&str> = found.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, [wanted]);
        assert_eq!(found.keys.len(), 1, "{wanted}");
        assert!(found.keys[0].protection_mode.as_unknown().is_some() && found.keys[0].rotation.enabled.as_unknown().is_some(), "{wanted}");
    }
}

#[test]
fn places_have_lines_and_columns_of_the_document() {
    let plan = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/plans/pretty/plan.json")).unwrap();
    let lines: Vec<&[u8]> = plan.split(|&byte| byte == b'\n').collect();
    let found = read("plan.json", plan.as_slice(), &PlanOptions::default()).inventory;
    let mut seen = 0;
    for key in &found.keys {
        for step in &key.protection_mode.trail {
            let Place::Json(at) = &step.place else { panic!("{step:?}") };
            let ((line, column), pointer) = (at.line.unwrap(), &at.pointer);
            if pointer.ends_with("/change/after/protection_mode") {
                assert!(lines[line - 1][column - 1..].starts_with(b"\""), "{step:?}");
                assert!(lines[line - 1].trim_ascii_start().starts_with(b"\"protection_mode\""), "{step:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 2, "{seen}");
}

#[test]
fn result_does_not_depend_on_property_order_or_read_size() {
    /// Returns a few bytes at a time.
    struct Slow<'t>(&'t [u8]);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(7);
            std::io::Read::read(&mut self.0, &mut buffer[..length])
        }
    }
    let mut compared = 0;
    for case in cases("plans") {
        let Ok(plan) = fs::read_to_string(case.join("plan.json")) else { continue };
        // The properties are sorted, as by `jq -S`, so the type of a resource is after its change.
        let Ok(Value::Object(plan_object)) = serde_json::from_str(plan.trim_start_matches('\u{feff}')) else { continue };
        let sorted = sorted(Value::Object(plan_object)).to_string();
        let facts = |inventory: Inventory| -> Vec<_> {
            inventory
                .keys
                .iter()
                .map(|key| (key.id.address.clone(), crate::expected::facts_json(key), key.versions.len(), key.planned_action))
                .collect()
        };
        let as_is = facts(read("plan.json", plan.as_bytes(), &PlanOptions::default()).inventory);
        assert_eq!(as_is, facts(read("plan.json", sorted.as_bytes(), &PlanOptions::default()).inventory), "{}", case.display());
        assert_eq!(as_is, facts(read("plan.json", Slow(plan.as_bytes()), &PlanOptions::default()).inventory), "{}", case.display());
        compared += as_is.len();
    }
    assert!(compared > 100, "{compared}");
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        value => value,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_plans_never_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_usize), 1..12)) {
        let mut plan = small_plan();
        for (at, byte, what) in changes {
            let at = at.index(plan.len());
            match what {
                0 => plan[at] = byte,
                1 => drop(plan.remove(at)),
                2 => plan.insert(at, b"{}[]\",:\\0n"[usize::from(byte) % 10]),
                _ => plan.truncate(plan.len().max(at + 200) - 100),
            }
        }
        let found = read("plan.json", plan.as_slice(), &PlanOptions::default()).inventory;
        prop_assert!(found.problems.len() < 20);
    }
}
