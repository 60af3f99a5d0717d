//! What the language allows and what it refuses, as far as facts of keys depend on it: blocks, budgets, dialects.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use kmslint::base::{Claim, Fact, Sources};
use kmslint::key::{Inventory, KeyFacts};
use kmslint::terraform::eval::Limits;
use kmslint::terraform::{Request, read};
use std::fmt::Display;
use std::sync::Arc;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn request(folder: &TempDir) -> Request {
    Request::new(folder.path().canonicalize().expect("a path"), Vec::new())
}

fn look(files: &[(&str, &str)]) -> Inventory {
    read(&request(&folder(files)), &Arc::new(Sources::default()))
}

fn find<'i>(inventory: &'i Inventory, address: &str) -> &'i KeyFacts {
    let all: Vec<_> = inventory.keys.iter().map(|key| &key.id.address).collect();
    inventory.keys.iter().find(|key| key.id.address == address).unwrap_or_else(|| panic!("{address} is not among {all:?}"))
}

/// The claim of a fact in one word.
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

fn messages(inventory: &Inventory) -> Vec<&str> {
    inventory.problems.iter().map(|problem| problem.message.as_str()).collect()
}

fn has(inventory: &Inventory, part: &str) {
    assert!(messages(inventory).iter().any(|message| message.contains(part)), "{part}: {:?}", messages(inventory));
}

#[test]
fn escaping_blocks_that_terraform_refuses_are_problems() {
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
        let inventory = look(&[("main.tf", &format!("resource \"oci_kms_key\" \"k\" {{\n  {body}\n}}\n"))]);
        has(&inventory, problem);
        assert_eq!(mode(&inventory, "oci_kms_key.k"), found, "{body}");
    }
    let module = "variable \"mode\" {\n  default = \"SOFTWARE\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    let twice = "module \"m\" {\n  source = \"./m\"\n  mode = \"HSM\"\n  _ {\n    mode = \"SOFTWARE\"\n  }\n}\n";
    let inventory = look(&[("main.tf", twice), ("m/main.tf", module)]);
    has(&inventory, "is set in the block and in its escaping block");
    assert_eq!(mode(&inventory, "module.m.oci_kms_key.k"), "unknown");
}

#[test]
fn arguments_on_one_line_are_one_problem_and_unknown() {
    let text = "variable \"m\" { type = string, default = \"HSM\" }\nresource \"oci_kms_key\" \"a\" {\n  protection_mode = var.m\n}\n\
                resource \"oci_kms_key\" \"b\" { display_name = \"b\", protection_mode = \"SOFTWARE\" }\n";
    let inventory = look(&[("main.tf", text)]);
    assert_eq!((mode(&inventory, "oci_kms_key.a"), mode(&inventory, "oci_kms_key.b")), ("unknown".to_owned(), "unknown".to_owned()));
    let expected = "a block on one line can hold only one argument; write each argument on a line of its own";
    assert!(messages(&inventory).iter().all(|message| *message == expected), "{:?}", messages(&inventory));
}

/// Amounts that are used up soon.
fn small() -> Limits {
    Limits { work: 1_000_000, size: 4 << 20, run_work: 6_000_000, run_kept: 8 << 20, ..Limits::default() }
}

fn look_within(files: &[(&str, &str)], limits: Limits) -> Inventory {
    let folder = folder(files);
    let request = Request { limits, ..request(&folder) };
    read(&request, &Arc::new(Sources::default()))
}

const BOMB: &str = "tostring(length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]))";

#[test]
fn an_expression_that_explodes_makes_only_itself_unknown() {
    let text = format!(
        "locals {{\n  bomb = {BOMB}\n  mode = \"SOFTWARE\"\n}}\nvariable \"days\" {{\n  default = 90\n}}\n\
         resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {BOMB}\n  is_auto_rotation_enabled = true\n  auto_key_rotation_details {{\n    \
         rotation_interval_in_days = var.days + 30\n  }}\n}}\n\
         resource \"oci_kms_key\" \"local\" {{\n  protection_mode = local.bomb\n  display_name = upper(local.mode)\n}}\n\
         resource \"oci_kms_key\" \"other\" {{\n  protection_mode = upper(local.mode)\n  is_auto_rotation_enabled = local.bomb == \"1\"\n}}\n"
    );
    let inventory = look_within(&[("main.tf", &text)], small());
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
fn expressions_that_explode_in_many_roots_are_bounded_together() {
    let text = format!(
        "locals {{\n  mode = \"software\"\n}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = upper(local.mode)\n  display_name = {BOMB}\n  is_auto_rotation_enabled = true\n}}\n"
    );
    let paths: Vec<String> = (0..60).map(|at| format!("r{at:02}/main.tf")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), text.as_str())).collect();
    let inventory = look_within(&files, small());
    assert_eq!(inventory.keys.len(), 60);
    for key in &inventory.keys {
        assert_eq!((word(&key.protection_mode), word(&key.rotation.enabled)), ("SOFTWARE".into(), "true".into()), "{}", key.id.root);
        assert_eq!(word(&key.display_name), "unknown", "{}", key.id.root);
    }
    let said = messages(&inventory).join("\n");
    assert!(said.contains("root modules are too costly to evaluate, the first is `r"), "{said}");
    assert_eq!(inventory.problems.len(), 1, "it is reported once: {said}");
    assert_eq!(said, messages(&look_within(&files, small())).join("\n"), "nothing depends on threads");
}

#[test]
fn a_root_that_needs_more_than_its_share_gets_what_others_leave() {
    let costly = "tostring(length([for a in range(300) : [for b in range(100) : a]]))";
    let key = |mode: &str| format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {mode}\n}}\n");
    let (costly, cheap) = (key(costly), key("upper(\"hsm\")"));
    let paths: Vec<String> = (0..30).map(|at| format!("r{at:02}/main.tf")).collect();
    let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), cheap.as_str())).collect();
    files[7].1 = &costly;
    let inventory = look_within(&files, small());
    assert_eq!(messages(&inventory), Vec::<&str>::new());
    assert_eq!(mode_at(&inventory, "r07"), "300");
    assert_eq!(mode_at(&inventory, "r08"), "HSM");
}

fn mode_at(inventory: &Inventory, root: &str) -> String {
    word(&inventory.keys.iter().find(|key| &*key.id.root == root).expect("the root has a key").protection_mode)
}

#[test]
fn an_expensive_expression_of_a_thousand_instances_is_bounded_and_reported() {
    let text =
        format!("resource \"oci_kms_key\" \"k\" {{\n  count = 1000\n  protection_mode = {BOMB}\n  is_auto_rotation_enabled = true\n}}\n");
    let inventory = look_within(&[("main.tf", &text)], small());
    assert_eq!(inventory.keys.len(), 1000);
    assert!(inventory.keys.iter().all(|key| word(&key.protection_mode) == "unknown" && word(&key.rotation.enabled) == "true"));
    assert_eq!(messages(&inventory), ["the expressions of root module `.` are too costly to evaluate"]);
}

#[test]
fn values_that_are_kept_are_bounded_together() {
    let locals: String =
        (0..40).map(|at| format!("  l{at} = join(\"\", [for n in range(1000) : format(\"%1000s%d\", \"\", n + {at})])\n")).collect();
    let lengths: Vec<String> = (0..40).map(|at| format!("length(local.l{at})")).collect();
    let text = format!(
        "locals {{\n{locals}}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = {} > 0 ? \"HSM\" : \"SOFTWARE\"\n}}\n",
        lengths.join(" + ")
    );
    let inventory = look_within(&[("main.tf", &text)], Limits { work: 100_000_000, run_work: 600_000_000, ..small() });
    assert_eq!(mode(&inventory, "oci_kms_key.k"), "unknown");
    has(&inventory, "too costly");
}
