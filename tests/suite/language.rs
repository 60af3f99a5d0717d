//! What the language allows and what it refuses, as far as facts of keys depend on it: blocks, budgets, dialects.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use kmslint::base::{Claim, Fact, Sources};
use kmslint::key::{Inventory, KeyFacts};
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
