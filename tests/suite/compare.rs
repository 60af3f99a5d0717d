//! `kmslint compare`: what is new in a report, compared with an older one.

use crate::harness::{Output, kmslint, kmslint_with_input, root, scratch};
use serde_json::Value;
use std::path::Path;

/// A key with these lines.
fn key(name: &str, body: &str) -> String {
    format!("resource \"oci_kms_key\" \"{name}\" {{\n{body}}}\n")
}

const HSM: &str = "  protection_mode = \"HSM\"\n";
const SOFTWARE: &str = "  protection_mode = \"SOFTWARE\"\n";

/// A directory with the reports of an old and a new configuration.
fn reports(old: &str, new: &str) -> tempfile::TempDir {
    let directory = scratch(&[]);
    for (name, text) in [("old.json", old), ("new.json", new)] {
        std::fs::write(directory.path().join("main.tf"), text).expect("a file");
        let option = format!("json={name}");
        kmslint(directory.path(), &["--no-config", "--level", "OCI-KMS-001=off", "--format", &option]);
    }
    directory
}

fn compare(directory: &Path) -> (Output, Value) {
    let human = kmslint(directory, &["compare", "old.json", "new.json"]);
    let json = kmslint(directory, &["compare", "old.json", "new.json", "--format", "json"]);
    assert_eq!(human.code, json.code, "the format must not change the exit code: {human:#?}");
    (human, serde_json::from_str(&json.out).expect("JSON"))
}

/// The addresses in one list of a comparison.
fn addresses<'v>(comparison: &'v Value, list: &str) -> Vec<&'v str> {
    comparison[list].as_array().expect("a list").iter().filter_map(|entry| entry["key"]["address"].as_str()).collect()
}

#[test]
fn findings_are_new_fixed_and_unchanged() {
    let old = [key("same", HSM), key("repaired", HSM), key("accepted", HSM), key("gone", HSM), key("moved", HSM), key("becomes", SOFTWARE)]
        .concat();
    let new = [
        "# another line above\n".to_owned(),
        key("same", HSM),
        key("repaired", SOFTWARE),
        format!("# kmslint: ignore[OCI-KMS-004] contract\n{}", key("accepted", HSM)),
        // The same rule is violated, with another kind and at another place.
        key("moved", ""),
        key("becomes", HSM),
        key("added", HSM),
    ]
    .concat();
    let directory = reports(&old, &new);
    let (human, json) = compare(directory.path());
    assert_eq!(human.code, 1, "{human:#?}");
    for (list, expected) in [
        ("new", &["oci_kms_key.becomes", "oci_kms_key.added"][..]),
        ("fixed", &["oci_kms_key.repaired"]),
        ("unchanged", &["oci_kms_key.same", "oci_kms_key.moved"]),
        ("exempted", &["oci_kms_key.accepted"]),
        ("gone", &["oci_kms_key.gone"]),
    ] {
        assert_eq!(addresses(&json, list), expected, "{list}: {json:#}");
    }
    for line in [
        "new: main.tf:15:21: warning OCI-KMS-004 oci_kms_key.becomes: the key will be HSM-protected",
        "fixed: main.tf:5:21: warning OCI-KMS-004 oci_kms_key.repaired: the key will be HSM-protected",
        "2 new findings, 1 fixed, 2 unchanged, 1 exempted, 1 with a key or rule that is no longer checked",
    ] {
        assert!(human.out.lines().any(|found| found == line), "{line}: {}", human.out);
    }
}

#[test]
fn comparison_without_new_findings_exits_with_0() {
    let directory = reports(&key("a", HSM), &key("a", HSM));
    let (human, _) = compare(directory.path());
    assert_eq!((human.code, human.out.as_str()), (0, "0 new findings, 0 fixed, 1 unchanged\n"), "{human:#?}");
    let directory = reports(&key("a", HSM), &key("a", SOFTWARE));
    let (human, json) = compare(directory.path());
    assert_eq!((human.code, addresses(&json, "fixed")), (0, vec!["oci_kms_key.a"]));
}

#[test]
fn new_instance_at_a_known_place_is_new() {
    let many =
        |keys: &str| format!("resource \"oci_kms_key\" \"k\" {{\n  for_each        = toset([{keys}])\n  protection_mode = \"HSM\"\n}}\n");
    let directory = reports(&many("\"a\""), &many("\"a\", \"b\""));
    let (human, json) = compare(directory.path());
    assert_eq!((human.code, addresses(&json, "new")), (1, vec!["oci_kms_key.k[\"b\"]"]), "{human:#?}");
}

#[test]
fn violation_after_unknown_is_new_but_unknown_after_violation_is_not() {
    let unknown = format!("variable \"m\" {{}}\n{}", key("k", "  protection_mode = var.m\n"));
    let known = key("k", HSM);
    let directory = reports(&unknown, &known);
    assert_eq!(compare(directory.path()).0.code, 1);
    let directory = reports(&known, &unknown);
    let (human, json) = compare(directory.path());
    assert_eq!((human.code, addresses(&json, "unchanged"), addresses(&json, "fixed")), (0, vec!["oci_kms_key.k"], vec![]), "{human:#?}");
}

#[test]
fn problems_of_the_new_report_are_shown_and_exit_with_2() {
    let directory = reports(&key("a", HSM), &format!("{}resource \"oci_kms_key\" \"b\" {{\n", key("a", HSM)));
    let (human, json) = compare(directory.path());
    assert_eq!(human.code, 2, "{human:#?}");
    assert!(human.out.contains("not checked: main.tf:4:") && human.out.contains("1 problem in the new report"), "{human:#?}");
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(1));
}

#[test]
fn other_files_are_rejected_with_a_help() {
    let directory = reports(&key("a", HSM), &key("a", HSM));
    let sarif = kmslint(directory.path(), &["--no-config", "--format", "sarif=x.sarif"]);
    assert!(sarif.code < 2, "{sarif:#?}");
    let newer =
        std::fs::read_to_string(directory.path().join("new.json")).expect("a report").replacen("\"version\": 1", "\"version\": 7", 1);
    std::fs::write(directory.path().join("newer.json"), newer).expect("a file");
    std::fs::write(directory.path().join("forged.json"), "{\"version\": 1, \"\u{1b}[31m::error::x\": 1}").expect("a file");
    for (name, words) in [
        ("x.sarif", "it is not a JSON report of kmslint"),
        ("main.tf", "create one with `--format json=FILE`"),
        ("forged.json", "it is not a JSON report of kmslint"),
        ("newer.json", "it is a JSON report of version 7, and this kmslint reads version 1"),
        ("missing.json", "cannot read `missing.json`"),
        (".", "cannot read `.`"),
    ] {
        for arguments in [["compare", name, "new.json"], ["compare", "old.json", name]] {
            let output = kmslint(directory.path(), &arguments);
            assert!(output.code == 2 && output.out.is_empty() && output.err.contains(words), "{arguments:?}: {output:#?}");
            assert!(!output.err.contains('\u{1b}') && output.err.lines().count() == 1, "{output:#?}");
        }
    }
    let twice = kmslint(directory.path(), &["compare", "-", "-"]);
    assert!(twice.code == 2 && twice.err.contains("only one of the two"), "{twice:#?}");
    let new = std::fs::read(directory.path().join("new.json")).expect("a report");
    assert_eq!(kmslint_with_input(directory.path(), &["compare", "old.json", "-"], &new).code, 0);
}

#[test]
fn hostile_names_in_a_report_are_not_commands() {
    let name = "\\u001b[31m\\n::error::forged ##[error]x \\u202e";
    let key = format!(
        "resource \"oci_kms_key\" \"k\" {{\n  for_each        = toset([\"{}\"])\n  protection_mode = \"HSM\"\n}}\n",
        name.replace("\\\\", "\\")
    );
    let directory = reports("", &key);
    let (human, json) = compare(directory.path());
    assert!(human.code == 1 && json["new"].as_array().is_some_and(|new| new.len() == 1), "{human:#?}");
    let output = kmslint(directory.path(), &["compare", "old.json", "new.json", "--format", "json"]);
    for text in [&human.out, &output.out] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']) || text == &output.out, "{text:?}");
        assert!(!text.contains("##[") && !text.lines().any(|line| line.trim_start().starts_with("::")), "{text:?}");
    }
}

#[test]
fn long_texts_that_keys_share_are_cut_and_not_repeated() {
    let keys: Vec<Value> = (0..500).map(|n| serde_json::json!({ "root": ".", "address": format!("oci_kms_key.k{n}") })).collect();
    let fingerprints: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    let long = "x".repeat(200_000);
    let finding = |fingerprints: &[String]| {
        serde_json::json!({
            "rule": long, "level": long, "verdict": long, "kind": long, "message": long, "place": { "path": long, "ocid": long },
            "variants": [{ "message": long, "keys": keys }], "keys": keys, "fingerprint": "f", "fingerprints": fingerprints,
        })
    };
    let report = |findings: &[Value]| {
        serde_json::json!({ "version": 1, "kmslint": "0", "keys": [], "findings": findings, "exempted": [], "problems": [] }).to_string()
    };
    let texts = [("old.json", report(&[])), ("new.json", report(&[finding(&fingerprints)])), ("mismatched.json", report(&[finding(&[])]))];
    let directory = scratch(&texts.each_ref().map(|(name, text)| (*name, text.as_str())));
    let (human, json) = compare(directory.path());
    assert_eq!((human.code, json["new"].as_array().map(Vec::len)), (1, Some(500)));
    assert!(human.out.contains(" … ") && human.out.len() < 500 * 8_000, "{}", human.out.len());
    // A finding whose keys have no fingerprints is an error, not ignored.
    let mismatched = kmslint(directory.path(), &["compare", "old.json", "mismatched.json"]);
    assert!(mismatched.code == 2 && mismatched.err.contains("a finding has 500 keys and 0 fingerprints"), "{}", mismatched.err);
    let wrong = report(&[]).replacen("\"version\":1", &format!("\"version\":\"{long}\""), 1);
    std::fs::write(directory.path().join("wrong.json"), wrong).expect("a file");
    let wrong = kmslint(directory.path(), &["compare", "old.json", "wrong.json"]);
    assert!(wrong.code == 2 && wrong.err.contains("is not a JSON report") && wrong.err.len() < 4_000, "{}", wrong.err.len());
}

#[test]
fn fixtures_do_not_differ_from_themselves() {
    let directory = scratch(&[]);
    let file = directory.path().join("all.json");
    let option = format!("json={}", file.display());
    let made = kmslint(&root(), &["testdata/parity", "testdata/rules", "--no-config", "--format", &option]);
    assert!((1..=2).contains(&made.code), "{made:#?}");
    let output = kmslint(directory.path(), &["compare", "all.json", "all.json"]);
    assert!(output.out.contains("0 new findings, 0 fixed, ") && !output.out.contains("gone"), "{output:#?}");
}
