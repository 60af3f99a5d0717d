//! What the language accepts and rejects, as far as facts of keys depend on it: blocks, budgets, dialects.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use crate::harness::{local_reduction, messages, request, scan, scan_with_limits, scratch};
use kmslint::base::{Claim, Fact, Sources};
use kmslint::eval::Limits;
use kmslint::key::{Inventory, KeyFacts};
use kmslint::terraform::{FileDialect, ScanRequest, read};
use std::fmt::Display;
use std::sync::Arc;

fn find<'i>(inventory: &'i Inventory, address: &str) -> &'i KeyFacts {
    let all: Vec<_> = inventory.keys.iter().map(|key| &key.id.address).collect();
    inventory.keys.iter().find(|key| key.id.address == address).unwrap_or_else(|| panic!("{address} is not among {all:?}"))
}

/// The claim of a fact: its value, `unset` or `unknown`.
fn word<T: Display>(fact: &Fact<T>) -> String {
    match &fact.claim {
        Claim::Known(value) => value.to_string(),
        Claim::Unset => "unset".to_owned(),
        Claim::Unknown(_) => "unknown".to_owned(),
    }
}

fn mode(inventory: &Inventory, address: &str) -> String {
    word(&find(inventory, address).protection_mode)
}

fn assert_problem(inventory: &Inventory, part: &str) {
    assert!(messages(inventory).iter().any(|message| message.contains(part)), "{part}: {:?}", messages(inventory));
}

#[test]
fn rejected_escaping_blocks_are_problems() {
    for (body, problem, found) in [
        (
            "protection_mode = \"HSM\"\n  _ {\n    protection_mode = \"SOFTWARE\"\n  }",
            "is set in the block and in its escaping block",
            "unknown",
        ),
        ("_ {\n    protection_mode = \"SOFTWARE\"\n  }\n  _ {}", "only one escaping block", "SOFTWARE"),
        ("_ {\n    protection_mode = \"SOFTWARE\"\n    count = 0\n  }", "no argument `count`", "SOFTWARE"),
        ("_ {\n    lifecycle {}\n  }\n  protection_mode = \"HSM\"", "no argument `lifecycle`", "HSM"),
    ] {
        let inventory = scan(&[("main.tf", &format!("resource \"oci_kms_key\" \"k\" {{\n  {body}\n}}\n"))]);
        assert_problem(&inventory, problem);
        assert_eq!(mode(&inventory, "oci_kms_key.k"), found, "{body}");
    }
    let module = "variable \"mode\" {\n  default = \"SOFTWARE\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    let twice = "module \"m\" {\n  source = \"./m\"\n  mode = \"HSM\"\n  _ {\n    mode = \"SOFTWARE\"\n  }\n}\n";
    let inventory = scan(&[("main.tf", twice), ("m/main.tf", module)]);
    assert_problem(&inventory, "is set in the block and in its escaping block");
    assert_eq!(mode(&inventory, "module.m.oci_kms_key.k"), "unknown");
}

#[test]
fn several_arguments_on_one_line_are_a_problem_and_unknown() {
    let text = "variable \"m\" { type = string, default = \"HSM\" }\nresource \"oci_kms_key\" \"a\" {\n  protection_mode = var.m\n}\n\
                resource \"oci_kms_key\" \"b\" { display_name = \"b\", protection_mode = \"SOFTWARE\" }\n";
    let inventory = scan(&[("main.tf", text)]);
    assert_eq!((mode(&inventory, "oci_kms_key.a"), mode(&inventory, "oci_kms_key.b")), ("unknown".to_owned(), "unknown".to_owned()));
    let expected = "a single-line block can have only one argument; write each argument on a separate line";
    assert!(messages(&inventory).iter().all(|message| *message == expected), "{:?}", messages(&inventory));
}

/// Budgets that are soon exhausted.
fn small_limits() -> Limits {
    Limits { work: 1_000_000, size: 4 << 20, run_work: 6_000_000, run_kept: 8 << 20, ..Limits::default() }
}

const BOMB: &str = "tostring(length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]))";

#[test]
fn exploding_expression_makes_only_itself_unknown() {
    let text = format!(
        "locals {{\n  bomb = {BOMB}\n  mode = \"SOFTWARE\"\n}}\nvariable \"days\" {{\n  default = 90\n}}\n\
         resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {BOMB}\n  is_auto_rotation_enabled = true\n  auto_key_rotation_details {{\n    \
         rotation_interval_in_days = var.days + 30\n  }}\n}}\n\
         resource \"oci_kms_key\" \"local\" {{\n  protection_mode = local.bomb\n  display_name = upper(local.mode)\n}}\n\
         resource \"oci_kms_key\" \"other\" {{\n  protection_mode = upper(local.mode)\n  is_auto_rotation_enabled = local.bomb == \"1\"\n}}\n"
    );
    let inventory = scan_with_limits(&[("main.tf", &text)], small_limits());
    assert_eq!(messages(&inventory), Vec::<&str>::new());
    let key = find(&inventory, "oci_kms_key.k");
    assert_eq!(
        (word(&key.protection_mode), word(&key.rotation.enabled), word(&key.rotation.interval_days)),
        ("unknown".into(), "true".into(), "120".into())
    );
    let key = find(&inventory, "oci_kms_key.local");
    assert_eq!((word(&key.protection_mode), word(&key.display_name)), ("unknown".into(), "SOFTWARE".into()));
    let key = find(&inventory, "oci_kms_key.other");
    assert_eq!((word(&key.protection_mode), word(&key.rotation.enabled)), ("SOFTWARE".into(), "unknown".into()));
}

#[test]
fn exploding_expressions_in_many_roots_share_a_budget() {
    let text = format!(
        "locals {{\n  mode = \"software\"\n}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = upper(local.mode)\n  display_name = {BOMB}\n  is_auto_rotation_enabled = true\n}}\n"
    );
    let paths: Vec<String> = (0..60).map(|at| format!("r{at:02}/main.tf")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), text.as_str())).collect();
    let inventory = scan_with_limits(&files, small_limits());
    assert_eq!(inventory.keys.len(), 60);
    for key in &inventory.keys {
        assert_eq!((word(&key.protection_mode), word(&key.rotation.enabled)), ("SOFTWARE".into(), "true".into()), "{}", key.id.root);
        assert_eq!(word(&key.display_name), "unknown", "{}", key.id.root);
    }
    let output = messages(&inventory).join("\n");
    assert!(output.contains("root modules are too costly to evaluate, the first is `r"), "{output}");
    assert_eq!(inventory.problems.len(), 1, "it is reported once: {output}");
    assert_eq!(output, messages(&scan_with_limits(&files, small_limits())).join("\n"), "the result must not depend on threads");
}

#[test]
fn expensive_root_gets_the_unused_budget_of_others() {
    let costly = "tostring(length([for a in range(300) : [for b in range(100) : a]]))";
    let key = |mode: &str| format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {mode}\n}}\n");
    let (costly, cheap) = (key(costly), key("upper(\"hsm\")"));
    let paths: Vec<String> = (0..30).map(|at| format!("r{at:02}/main.tf")).collect();
    let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), cheap.as_str())).collect();
    files[7].1 = &costly;
    let inventory = scan_with_limits(&files, small_limits());
    assert_eq!(messages(&inventory), Vec::<&str>::new());
    assert_eq!(mode_at(&inventory, "r07"), "300");
    assert_eq!(mode_at(&inventory, "r08"), "HSM");
}

fn mode_at(inventory: &Inventory, root: &str) -> String {
    word(&inventory.keys.iter().find(|key| &*key.id.root == root).expect("the root has a key").protection_mode)
}

#[test]
fn expensive_expression_of_many_instances_is_bounded_and_reported() {
    let keys = |mode: &str| {
        let text = format!(
            "resource \"oci_kms_key\" \"k\" {{\n  count = 1000\n  protection_mode = {mode}\n  is_auto_rotation_enabled = true\n}}\n"
        );
        let inventory = scan_with_limits(&[("main.tf", &text)], small_limits());
        assert_eq!(inventory.keys.len(), 1000);
        assert!(inventory.keys.iter().all(|key| word(&key.protection_mode) == "unknown" && word(&key.rotation.enabled) == "true"));
        messages(&inventory).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let own = keys(&format!("count.index < 0 ? \"HSM\" : {BOMB}"));
    assert_eq!(own, ["the expressions of root module `.` are too costly to evaluate"]);
    assert!(keys(BOMB).is_empty(), "an expression that does not depend on the instance is evaluated once");
}

#[test]
fn memoized_values_share_a_budget() {
    let locals: String =
        (0..40).map(|at| format!("  l{at} = join(\"\", [for n in range(100) : format(\"%300s%d\", \"\", n + {at})])\n")).collect();
    let lengths: Vec<String> = (0..40).map(|at| format!("length(local.l{at})")).collect();
    let text = format!(
        "locals {{\n{locals}}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = {} > 0 ? \"HSM\" : \"SOFTWARE\"\n}}\n",
        lengths.join(" + ")
    );
    let inventory = scan_with_limits(&[("main.tf", &text)], Limits { run_kept: 800 << 10, ..small_limits() });
    assert_eq!(mode(&inventory, "oci_kms_key.k"), "unknown");
    assert_problem(&inventory, "too costly");
}

/// A key with this body, after other blocks.
fn with_key(before: &str, body: &str) -> String {
    format!("{before}\nresource \"oci_kms_key\" \"k\" {{\n  {body}\n}}\n")
}

#[test]
fn ephemeral_values_are_rejected_in_persistent_arguments() {
    let variable = "variable \"e\" {\n  ephemeral = true\n  default = \"SOFTWARE\"\n}";
    for (body, problem) in [
        ("protection_mode = var.e", "`protection_mode` is kept in the state"),
        ("protection_mode = var.e == \"x\" ? \"HSM\" : \"SOFTWARE\"", "`protection_mode` is kept in the state"),
        ("protection_mode = terraform.applying ? \"HSM\" : \"SOFTWARE\"", "`protection_mode` is kept in the state"),
        ("protection_mode = upper(\"${var.e}\")", "`protection_mode` is kept in the state"),
    ] {
        let inventory = scan(&[("main.tf", &with_key(variable, body))]);
        assert_problem(&inventory, problem);
        assert_eq!(mode(&inventory, "oci_kms_key.k"), "unknown", "{body}");
    }
    let inventory = scan(&[("main.tf", &with_key(variable, "count = var.e == \"SOFTWARE\" ? 1 : 0\n  protection_mode = \"HSM\""))]);
    assert_problem(&inventory, "`count` is ephemeral");
    let module = with_key("variable \"mode\" {}", "protection_mode = var.mode");
    let call = format!("{variable}\nmodule \"m\" {{\n  source = \"./m\"\n  mode = var.e\n}}\n");
    let inventory = scan(&[("main.tf", &call), ("m/main.tf", &module)]);
    assert_problem(&inventory, "an ephemeral value is given to variable `mode`");
    assert_eq!(mode(&inventory, "module.m.oci_kms_key.k"), "unknown");
    let inventory = scan(&[("main.tf", &with_key(variable, "protection_mode = ephemeralasnull(var.e)"))]);
    assert_eq!((mode(&inventory, "oci_kms_key.k").as_str(), messages(&inventory).len()), ("unset", 0));
}

#[test]
fn fractional_intervals_are_rejected() {
    for days in ["90.5", "\"90.5\"", "181 / 2", "var.days"] {
        let body = format!("auto_key_rotation_details {{\n    rotation_interval_in_days = {days}\n  }}");
        let inventory = scan(&[("main.tf", &with_key("variable \"days\" {\n  default = 90.5\n}", &body))]);
        assert_problem(&inventory, "`rotation_interval_in_days` must be a whole number, not 90.5");
        assert_eq!(word(&find(&inventory, "oci_kms_key.k").rotation.interval_days), "unknown", "{days}");
    }
    let inventory = scan(&[("main.tf", &with_key("", "auto_key_rotation_details {\n    rotation_interval_in_days = \"180\" / 2\n  }"))]);
    assert_eq!((word(&find(&inventory, "oci_kms_key.k").rotation.interval_days).as_str(), messages(&inventory).len()), ("90", 0));
}

#[test]
fn validations_and_preconditions_known_to_fail_are_problems() {
    let variable = |condition: &str| {
        format!(
            "variable \"mode\" {{\n  default = \"HSM\"\n  validation {{\n    condition = {condition}\n    error_message = \"Keys must not be ${{var.mode}}.\"\n  }}\n}}\n\
             variable \"other\" {{\n  default = 3\n}}\nvariable \"open\" {{\n  type = string\n}}"
        )
    };
    for (condition, is_rejected) in [
        ("var.mode != \"HSM\"", true),
        ("contains([\"SOFTWARE\"], var.mode)", true),
        ("var.other > 5 || var.mode == \"SOFTWARE\"", true),
        ("var.mode == \"HSM\"", false),
        ("var.mode != var.open", false),
        ("can(regex(\"^HSM$\", var.mode))", false),
    ] {
        let inventory = scan(&[("main.tf", &with_key(&variable(condition), "protection_mode = var.mode")), ("terraform.tfvars", "")]);
        if is_rejected {
            assert_problem(&inventory, "the value of variable `mode` is rejected by its validation: Keys must not be HSM");
        } else {
            assert_eq!(messages(&inventory), Vec::<&str>::new(), "{condition}");
        }
        assert_eq!(mode(&inventory, "oci_kms_key.k"), if is_rejected { "unknown" } else { "HSM" }, "{condition}");
    }
    // No key depends on the variable, so its validation is not reported.
    let inventory = scan(&[("main.tf", &with_key(&variable("false"), "protection_mode = \"HSM\""))]);
    assert_eq!(messages(&inventory), Vec::<&str>::new());
    let module = with_key(&variable("var.mode != \"SOFTWARE\""), "protection_mode = var.mode");
    let inventory = scan(&[("main.tf", "module \"m\" {\n  source = \"./m\"\n  mode = \"SOFTWARE\"\n}\n"), ("m/main.tf", &module)]);
    assert_problem(&inventory, "rejected by its validation: Keys must not be SOFTWARE");
    let precondition = |condition: &str| {
        let body = format!("lifecycle {{\n    precondition {{\n      condition = {condition}\n      error_message = \"No.\"\n    }}\n  }}");
        scan(&[("main.tf", &with_key("locals {\n  on = false\n}", &body))])
    };
    assert_problem(&precondition("local.on"), "a precondition of this resource is false: No");
    assert_eq!(messages(&precondition("!local.on")), Vec::<&str>::new());
}

fn scan_as(files: &[(&str, &str)], dialect: FileDialect) -> Inventory {
    let directory = scratch(files);
    let request = ScanRequest { dialect, ..request(directory.path()) };
    read(&request, &Arc::new(Sources::default()))
}

#[test]
fn opentofu_enabled_switches_resources_and_modules() {
    let key = |enabled: &str| {
        format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = \"HSM\"\n  lifecycle {{\n    enabled = {enabled}\n  }}\n}}\n")
    };
    let rest = "variable \"on\" {\n  default = false\n}\nresource \"oci_kms_key\" \"other\" {\n  protection_mode = try(oci_kms_key.k.protection_mode, \"SOFTWARE\")\n  \
                display_name = oci_kms_key.k == null ? \"off\" : \"on\"\n}\n";
    for (enabled, count, found) in
        [("true", 2, "HSM"), ("false", 1, "SOFTWARE"), ("var.on", 1, "SOFTWARE"), ("!var.on", 2, "HSM"), ("\"true\"", 2, "HSM")]
    {
        let inventory = scan_as(&[("main.tofu", &(key(enabled) + rest))], FileDialect::OpenTofu);
        assert_eq!(messages(&inventory), Vec::<&str>::new(), "{enabled}");
        assert_eq!(inventory.keys.len(), count, "{enabled}");
        assert_eq!(mode(&inventory, "oci_kms_key.other"), found, "{enabled}");
        let name = word(&find(&inventory, "oci_kms_key.other").display_name);
        assert_eq!(name, if count == 2 { "on" } else { "off" }, "{enabled}");
    }
    let inventory = scan_as(&[("main.tf", &key("false"))], FileDialect::Terraform);
    assert_problem(&inventory, "unsupported argument `enabled` in `lifecycle`");
    let inventory = scan_as(&[("main.tf", &key("false").replace("  lifecycle", "  count = 1\n  lifecycle"))], FileDialect::OpenTofu);
    assert_problem(&inventory, "`enabled` and `count` may not be used together");
    let module = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\noutput \"mode\" {\n  value = \"HSM\"\n}\n";
    let call = |enabled: &str| {
        format!(
            "module \"m\" {{\n  source = \"./m\"\n  lifecycle {{\n    enabled = {enabled}\n  }}\n}}\n{}",
            with_key("", "protection_mode = try(module.m.mode, \"SOFTWARE\")")
        )
    };
    let inventory = scan_as(&[("main.tf", &call("false")), ("m/main.tf", module)], FileDialect::OpenTofu);
    assert_eq!((inventory.keys.len(), mode(&inventory, "oci_kms_key.k").as_str()), (1, "SOFTWARE"));
    let inventory = scan_as(&[("main.tf", &call("true")), ("m/main.tf", module)], FileDialect::OpenTofu);
    assert_eq!((mode(&inventory, "module.m.oci_kms_key.k").as_str(), mode(&inventory, "oci_kms_key.k").as_str()), ("HSM", "HSM"));
    let json = r#"{"resource":{"oci_kms_key":{"k":{"protection_mode":"HSM","lifecycle":{"enabled":false}}}},"module":{"m":{"source":"./m","lifecycle":{"enabled":"${1 == 2}"}}}}"#;
    let inventory = scan_as(&[("main.tf.json", json), ("m/main.tf", module)], FileDialect::OpenTofu);
    assert_eq!(inventory.keys.len(), 0);
}

#[test]
fn opentofu_functions_and_names_work_in_its_dialect_only() {
    let text = |mode: &str| with_key("", &format!("protection_mode = {mode}"));
    for (expression, found) in [
        ("tofu.workspace == \"default\" ? \"SOFTWARE\" : \"HSM\"", "SOFTWARE"),
        ("tofu.workspace == terraform.workspace ? \"SOFTWARE\" : \"HSM\"", "SOFTWARE"),
        ("assumenotnull(\"HSM\")", "HSM"),
        ("contains([\"a\", null], null) ? \"HSM\" : \"SOFTWARE\"", "HSM"),
        ("contains([\"a\"], null) ? \"HSM\" : \"SOFTWARE\"", "SOFTWARE"),
    ] {
        let inventory = scan_as(&[("main.tf", &text(expression))], FileDialect::OpenTofu);
        assert_eq!((mode(&inventory, "oci_kms_key.k").as_str(), messages(&inventory).len()), (found, 0), "{expression}");
    }
    for expression in ["tofu.workspace", "contains([\"a\"], null) ? \"HSM\" : \"SOFTWARE\""] {
        let inventory = scan_as(&[("main.tf", &text(expression))], FileDialect::Terraform);
        assert_eq!((mode(&inventory, "oci_kms_key.k").as_str(), messages(&inventory).len()), ("unknown", 1), "{expression}");
    }
    // Syntax of OpenTofu that does not affect facts is accepted.
    let more = "language {\n  compatible_with {\n    opentofu = \">= 1.12\"\n  }\n}\nvariable \"w\" {\n  const = true\n  default = \"SOFTWARE\"\n}\n\
                provider \"oci\" {\n  for_each = toset([\"a\"])\n  alias = \"by\"\n  region = each.key\n}\n";
    let body = "provider = oci.by[\"a\"]\n  protection_mode = var.w\n  lifecycle {\n    prevent_destroy = var.w == \"HSM\"\n    destroy = false\n  }";
    let inventory = scan_as(&[("main.tofu", &with_key(more, body))], FileDialect::OpenTofu);
    assert_eq!((mode(&inventory, "oci_kms_key.k").as_str(), messages(&inventory)), ("SOFTWARE", Vec::new()));
}

#[test]
fn large_collections_stay_within_the_budget() {
    let (rows, limits) = if local_reduction(2) == 1 { (100, Limits::default()) } else { (20, small_limits()) };
    let count = (100 * rows).to_string();
    let pairs = format!("setproduct(range(100), range({rows}))");
    let text = format!(
        "locals {{\n  rows = [for p in {pairs} : [p[0], p[1]]]\n  csv = csvdecode(join(\",\", [for n in {pairs} : \"c${{n[0]}}_${{n[1]}}\"]))\n}}\n{}",
        [
            "length(distinct(concat(local.rows, local.rows)))",
            "length(setsubtract(toset(local.rows), toset([])))",
            "length(setintersection(local.rows, local.rows))",
            "length(matchkeys(local.rows, local.rows, local.rows))",
            "length(local.csv)",
        ]
        .iter()
        .enumerate()
        .map(|(at, mode)| format!("resource \"oci_kms_key\" \"k{at}\" {{\n  protection_mode = tostring({mode})\n}}\n"))
        .collect::<String>()
    );
    let inventory = scan_with_limits(&[("main.tf", &text)], limits);
    let found: Vec<String> = inventory.keys.iter().map(|key| word(&key.protection_mode)).collect();
    assert_eq!(found, [&count, &count, &count, &count, "0"], "{:?}", messages(&inventory));
}
