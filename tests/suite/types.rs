//! Resources and data sources have the attributes, types and defaults of their provider's schema.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use crate::harness::request;
use kmslint::base::Sources;
use kmslint::terraform::{EvalAnswer, evaluate};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Expressions whose values Terraform reads from the service while planning.
const READ: &[&str] = &["lookup(data.oci_kms_vault.v, \"vault_type\", \"DEFAULT\")"];
/// Expressions that are unknown here although Terraform evaluates or rejects them: a newer version of the provider may have the attribute,
/// and the provider decides about defaults in blocks of data sources.
const UNSURE: &[&str] =
    &["try(data.oci_kms_vault.v.nope, \"d\")", "data.oci_kms_vaults.l.filter", "one(data.oci_kms_vaults.l.filter).regex"];

fn evaluate_all(directory: &Path, expressions: &[String]) -> Vec<EvalAnswer> {
    evaluate(&request(directory), &Arc::new(Sources::default()), expressions)
}

#[test]
fn attributes_match_terraforms_plan() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/types");
    let expected = std::fs::read_to_string(directory.join("expected.jsonl")).expect("the expectations");
    let rows: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(rows.len() >= 140, "only {} expressions", rows.len());
    let expressions: Vec<String> = rows.iter().map(|row| row["expr"].as_str().expect("a text").to_owned()).collect();
    let mut wrong = String::new();
    for (row, answer) in rows.iter().zip(evaluate_all(&directory, &expressions)) {
        let expr = row["expr"].as_str().expect("a text");
        let fits = match &answer {
            EvalAnswer::Unknown(_) => row["unknown"] == true || READ.contains(&expr) || UNSURE.contains(&expr),
            EvalAnswer::Error { .. } => row["error"].is_string(),
            EvalAnswer::Value { json, sensitive } => {
                let value: Value = serde_json::from_str(json).expect("JSON");
                row.get("value") == Some(&value) && (row["sensitive"] == true) == *sensitive
            }
        };
        if !fits {
            writeln!(wrong, "{row}\n  is {answer:?}").expect("memory");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn answers(main: &str, lock: Option<&str>, expressions: &[&str]) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("main.tf"), main).expect("a file");
    if let Some(lock) = lock {
        let text = format!("provider \"registry.terraform.io/oracle/oci\" {{\n  version = \"{lock}\"\n}}\n");
        std::fs::write(directory.path().join(".terraform.lock.hcl"), text).expect("a file");
    }
    let expressions: Vec<String> = expressions.iter().map(|expr| (*expr).to_owned()).collect();
    let shown = |answer| match answer {
        EvalAnswer::Value { json, .. } => json,
        EvalAnswer::Unknown(why) => format!("unknown: {why}"),
        EvalAnswer::Error { message, .. } => format!("error: {message}"),
    };
    evaluate_all(directory.path(), &expressions).into_iter().map(shown).collect()
}

#[test]
fn argument_of_an_unknown_provider_is_known_if_no_schema_can_convert_it() {
    let main = r#"
resource "acme_thing" "t" {
  name   = "ocid1.vault.x"
  number = 5
  text   = "5"
  flag   = true
  empty  = ""
  none   = null
  tags   = { a = "x", b = 5 }
  list   = ["x", "5", ["y"]]
}
resource "acme_thing" "many" {
  count = 2
  name  = "n${count.index}x"
}
data "acme_thing" "d" {
  name = "HSM"
}
"#;
    let known = [
        ("acme_thing.t.name", "\"ocid1.vault.x\""),
        ("acme_thing.t.tags.a", "\"x\""),
        ("acme_thing.t.tags[\"a\"]", "\"x\""),
        ("acme_thing.t.list[0]", "\"x\""),
        ("acme_thing.t.list[2][0]", "\"y\""),
        ("acme_thing.many[1].name", "\"n1x\""),
        ("length(acme_thing.many)", "2"),
        ("data.acme_thing.d.name", "\"HSM\""),
    ];
    let expressions: Vec<&str> = known.iter().map(|(expr, _)| *expr).collect();
    assert_eq!(answers(main, None, &expressions), known.iter().map(|(_, value)| *value).collect::<Vec<_>>());
    let unknown = [
        "acme_thing.t.number",
        "acme_thing.t.text",
        "acme_thing.t.flag",
        "acme_thing.t.empty",
        "acme_thing.t.none",
        "acme_thing.t.none == null",
        "acme_thing.t.tags",
        "acme_thing.t.tags.b",
        "acme_thing.t.tags.c",
        "length(acme_thing.t.tags)",
        "acme_thing.t.list",
        "acme_thing.t.list[1]",
        "acme_thing.t",
        "keys(acme_thing.t)",
        "lookup(acme_thing.t, \"mode\", \"SOFTWARE\")",
        "acme_thing.t.id",
        "[for k, v in acme_thing.t : k]",
        "data.acme_thing.d.mode",
    ];
    for (expr, answer) in unknown.iter().zip(answers(main, None, &unknown)) {
        assert!(answer.starts_with("unknown: "), "{expr} is {answer}");
    }
}

#[test]
fn attribute_missing_in_the_schema_is_rejected_if_no_version_can_have_it() {
    let main = "resource \"oci_kms_vault\" \"v\" {\n  display_name = \"v\"\n}\nresource \"terraform_data\" \"t\" {}\n";
    let expressions = [
        "oci_kms_vault.v.managment_endpoint",
        "try(terraform_data.t.nope, 1)",
        "true ? 1 : terraform_data.t.id.x",
        "oci_kms_vault.v.brand_new",
    ];
    let [misspelled, built_in, untaken_branch, new] = answers(main, None, &expressions).try_into().expect("four answers");
    assert_eq!(misspelled, "error: `oci_kms_vault.v` has no attribute `managment_endpoint`; did you mean `management_endpoint`?");
    assert_eq!(built_in, "error: `terraform_data.t` has no attribute `nope`");
    assert!(untaken_branch.starts_with("error: "), "{untaken_branch}");
    assert!(new.starts_with("unknown: ") && new.contains("8.28.0"), "{new}");
    for (version, is_error) in [("8.28.0", true), ("5.31.0", true), ("8.29.0", false), ("9.0.0", false), ("8.28.0-beta1", false)] {
        let answer = answers(main, Some(version), &["oci_kms_vault.v.brand_new"]).remove(0);
        assert_eq!(answer.starts_with("error: "), is_error, "{version}: {answer}");
    }
}

#[test]
fn schema_distinguishes_blocks_from_arguments_in_json() {
    let directory = tempfile::tempdir().expect("a directory");
    let main = r#"{"resource": {
  "oci_core_instance": {"i": {"shape": 5, "create_vnic_details": {"//": "c", "subnet_id": "s"}, "source_details": [{"source_type": "image"}]}},
  "oci_core_security_list": {"s": {"egress_security_rules": [{"destination": "a", "protocol": 6}]}}
}}"#;
    std::fs::write(directory.path().join("main.tf.json"), main).expect("a file");
    let expressions = [
        ("oci_core_instance.i.create_vnic_details[0].subnet_id", "\"s\""),
        ("oci_core_instance.i.source_details[0].source_type", "\"image\""),
        ("oci_core_instance.i.shape", "\"5\""),
        ("length(oci_core_security_list.s.egress_security_rules)", "1"),
        ("one(oci_core_security_list.s.egress_security_rules).protocol", "\"6\""),
    ];
    let asked: Vec<String> = expressions.iter().map(|(expr, _)| (*expr).to_owned()).collect();
    for ((expr, wanted), answer) in expressions.iter().zip(evaluate_all(directory.path(), &asked)) {
        assert!(matches!(&answer, EvalAnswer::Value { json, .. } if json == wanted), "{expr} is {answer:?}");
    }
}

#[test]
fn many_instances_of_a_large_type_use_bounded_memory() {
    let main = "resource \"oci_core_instance\" \"i\" {\n  count = 100000\n  shape = \"s\"\n}\n";
    let [splat, one] =
        answers(main, None, &["oci_core_instance.i[*].shape", "oci_core_instance.i[99999].shape"]).try_into().expect("two answers");
    assert!(splat.contains("too large"), "{splat}");
    assert_eq!(one, "\"s\"");
}
