//! Key blocks that create nothing with the given inputs are listed with the reason, never as a finding.

use crate::harness::{kmslint, report, scratch};
use serde_json::Value;

/// The blocks that are switched off in a configuration, as `address: why`.
fn switched_off(files: &[(&str, &str)], arguments: &[&str]) -> (Vec<String>, Value) {
    let directory = scratch(files);
    let (output, report) = report(directory.path(), &[&["--no-config"], arguments].concat());
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(0), "{output:#?}");
    let blocks = report["switched_off"].as_array().expect("a list");
    assert_eq!(report["summary"]["switched_off"], blocks.len(), "{output:#?}");
    let text = |block: &Value| format!("{}: {}", block["address"].as_str().expect("text"), block["why"].as_str().expect("text"));
    (blocks.iter().map(text).collect(), report)
}

const ROOT: (&str, &str) = ("backend.tf", "terraform {\n  backend \"http\" {}\n}\n");

#[test]
fn deciding_variable_is_named() {
    for (variables, switch, why) in [
        ("variable \"own\" {\n  default = false\n}\n", "count = var.own ? 1 : 0", "`count` is 0 because `var.own` is false"),
        ("variable \"skip\" {\n  default = true\n}\n", "count = !var.skip ? 1 : 0", "`count` is 0 because `var.skip` is true"),
        ("variable \"n\" {\n  default = 0\n}\n", "count = var.n", "`count` is 0 because `var.n` is 0"),
        ("variable \"e\" {\n  default = \"dev\"\n}\n", "count = var.e == \"prod\" ? 1 : 0", "`count` is 0 because `var.e` is \"dev\""),
        (
            "variable \"a\" {\n  default = true\n}\nvariable \"b\" {\n  default = false\n}\nlocals {\n  both = var.a && var.b\n}\n",
            "count = local.both ? 1 : 0",
            "`count` is 0 because `var.b` is false",
        ),
        ("variable \"k\" {\n  default = {}\n}\n", "for_each = var.k", "`for_each` is empty because `var.k` is empty"),
        ("variable \"k\" {\n  default = []\n}\n", "for_each = toset(var.k)", "`for_each` is empty because `var.k` is empty"),
        ("", "count = 0", "`count` is 0"),
        ("", "for_each = {}", "`for_each` is empty"),
        (
            "variable \"s\" {\n  default   = false\n  sensitive = true\n}\n",
            "count = nonsensitive(var.s) ? 1 : 0",
            "`count` is 0 because of `var.s`, which is sensitive",
        ),
    ] {
        let text = format!("{variables}resource \"oci_kms_key\" \"k\" {{\n  {switch}\n}}\n");
        // With an empty default the directory may be a module that is called from elsewhere; with an empty value it is a root.
        let values = if variables.contains("\"k\"") { if variables.contains("{}") { "k = {}\n" } else { "k = []\n" } } else { "" };
        let (blocks, _) = switched_off(&[ROOT, ("main.tf", &text), ("terraform.tfvars", values)], &[]);
        assert_eq!(blocks, [format!("oci_kms_key.k: {why}")], "{text}");
    }
}

#[test]
fn blocks_below_a_call_without_instances_are_listed() {
    let key = "resource \"oci_kms_key\" \"k\" {\n  count = var.on ? 1 : 0\n}\nvariable \"on\" {\n  default = true\n}\nmodule \"inner\" {\n  source = \"../inner\"\n}\n";
    let inner = "resource \"oci_kms_key\" \"i\" {}\n";
    let main = "variable \"keys\" {\n  default = false\n}\nmodule \"m\" {\n  source = \"./m\"\n  count  = var.keys ? 1 : 0\n}\n";
    let (blocks, report) = switched_off(&[ROOT, ("main.tf", main), ("m/main.tf", key), ("inner/main.tf", inner)], &[]);
    let why = "`count` of `module.m` is 0 because `var.keys` is false";
    assert_eq!(blocks, [format!("module.m.module.inner.oci_kms_key.i: {why}"), format!("module.m.oci_kms_key.k: {why}")]);
    assert_eq!(report["switched_off"][1]["place"]["path"], "m/main.tf");
}

#[test]
fn block_used_by_one_module_instance_is_not_switched_off() {
    let key = "variable \"on\" {}\nresource \"oci_kms_key\" \"k\" {\n  count                    = var.on ? 1 : 0\n  protection_mode          = \"SOFTWARE\"\n  is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    rotation_interval_in_days = 90\n  }\n}\n";
    let main = "module \"m\" {\n  source   = \"./m\"\n  for_each = { a = true, b = false }\n  on       = each.value\n}\nmodule \"off\" {\n  source = \"./m\"\n  on     = false\n}\n";
    let (blocks, _) = switched_off(&[ROOT, ("main.tf", main), ("m/main.tf", key)], &[]);
    assert_eq!(blocks, ["module.off.oci_kms_key.k: `count` is 0 because `var.on` is false"]);
}

#[test]
fn run_without_keys_lists_the_blocks_that_are_off() {
    let main = "variable \"own_keys\" {\n  default = false\n}\nresource \"oci_kms_key\" \"k\" {\n  count = var.own_keys ? 1 : 0\n}\n";
    let directory = scratch(&[("kms.tf", main)]);
    let output = kmslint(directory.path(), &["--no-config"]);
    let line = "1 `oci_kms_key` block creates no key with these inputs: `oci_kms_key.k` (kms.tf:4:1, `count` is 0 because `var.own_keys` is false)";
    assert!(output.code == 0 && output.err.contains(line) && !output.err.contains("no `oci_kms_key` in"), "{output:#?}");
    assert!(output.out.contains("1 block switched off"), "{output:#?}");
    let output = kmslint(directory.path(), &["--no-config", "--strict"]);
    assert_eq!(output.code, 0, "a switched-off block is never a finding: {output:#?}");
    let output = kmslint(directory.path(), &["--no-config", "--format", "markdown"]);
    assert!(output.out.contains("Blocks that create no key with these inputs") && output.out.contains("`oci_kms_key.k`"), "{output:#?}");
}
