//! A finding is at the place where the edit belongs, and everything that one edit resolves is one finding. Expected lines are marked `<-`.

use crate::harness::{command, output_of, report, scratch};
use serde_json::Value;
use std::path::Path;

const MARK: &str = "<-";
const KEY: &str = "variable \"mode\" { default = \"HSM\" }\nresource \"oci_kms_key\" \"k\" { protection_mode = var.mode }\n";
const TIERED: &str = r#"
variable "tier" {
  default = "basic"
}
resource "oci_kms_key" "k" {
  protection_mode = var.tier == "premium" ? "HSM" : "SOFTWARE"
}
"#;
const FIXED: &str = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n";
const MANY: &str = r#"
variable "keys" {
  type = map(object({
    mode = optional(string, "HSM")
  }))
}
resource "oci_kms_key" "k" {
  for_each        = var.keys
  protection_mode = each.value.mode
}
"#;
const INSTALLED: &str = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"key","Source":"registry.terraform.io/acme/key/oci","Version":"1.0.0","Dir":".terraform/modules/key"}]}"#;
const CALL_INSTALLED: &str = "  source  = \"acme/key/oci\"\n  version = \"1.0.0\"\n";

/// The findings of OCI-KMS-004 in a directory.
fn findings(directory: &Path, arguments: &[&str]) -> Vec<Value> {
    let (_, report) = report(directory, &[&["--no-config", "--level", "OCI-KMS-001=off"], arguments].concat());
    report["findings"].as_array().expect("findings").clone()
}

/// Asserts that there is one finding on each marked line and none elsewhere, each with this help.
fn assert_marked(name: &str, files: &[(&str, &str)], arguments: &[&str], help: &str) {
    let directory = scratch(files);
    let mut found: Vec<(String, u64)> = Vec::new();
    for finding in findings(directory.path(), arguments) {
        let path = finding["place"]["path"].as_str().unwrap_or_else(|| panic!("{name}: no path in {finding}"));
        found.push((path.to_owned(), finding["place"]["line"].as_u64().expect("a line")));
        let actual = finding["help"].as_str().expect("help");
        assert!(actual.contains(help), "{name}: `{help}` is not in `{actual}`");
    }
    found.sort();
    let lines = |(path, text): &(&str, &str)| -> Vec<(String, u64)> {
        let marked = text.lines().zip(1..).filter(|(line, _)| line.contains(MARK));
        marked.map(|(_, number)| ((*path).to_owned(), number)).collect()
    };
    let mut expected: Vec<(String, u64)> = files.iter().flat_map(lines).collect();
    expected.sort();
    assert!(!expected.is_empty(), "{name}: no line is marked");
    assert_eq!(found, expected, "{name}");
}

#[test]
fn literal_value_is_edited_where_it_is_set() {
    assert_marked(
        "in the resource",
        &[("main.tf", "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\" # <-\n}\n")],
        &[],
        "Set `protection_mode = \"SOFTWARE\"`",
    );
    let argument = "module \"key\" {\n  source = \"./key\"\n  mode   = \"HSM\" # <-\n}\n";
    assert_marked("in an argument", &[("main.tf", argument), ("key/main.tf", KEY)], &[], "Set `mode = \"SOFTWARE\"` in this call");
    let local =
        "locals {\n  modes = {\n    a = \"HSM\" # <-\n  }\n}\nmodule \"key\" {\n  source = \"./key\"\n  mode   = local.modes[\"a\"]\n}\n";
    assert_marked("in a local value", &[("main.tf", local), ("key/main.tf", KEY)], &[], "Change this value to `\"SOFTWARE\"`");
    let root = "variable \"mode\" {}\nmodule \"outer\" {\n  source = \"./outer\"\n  mode   = var.mode\n}\n";
    let outer = "variable \"mode\" {}\nmodule \"key\" {\n  source = \"../key\"\n  mode   = var.mode\n}\n";
    let files = [("main.tf", root), ("outer/main.tf", outer), ("key/main.tf", KEY), ("terraform.tfvars", "mode = \"HSM\" # <-\n")];
    assert_marked("in a values file, through two calls", &files, &[], "Change this value to `\"SOFTWARE\"`");
    let many = "module \"keys\" {\n  source = \"./keys\"\n  keys = {\n    a = { mode = \"HSM\" } # <-\n    b = { mode = \"SOFTWARE\" }\n    c = { mode = \"HSM\" } # <-\n  }\n}\n";
    assert_marked("in elements of a map", &[("main.tf", many), ("keys/main.tf", MANY)], &[], "Change this value");
    let output =
        "module \"settings\" {\n  source = \"./settings\"\n}\nmodule \"key\" {\n  source = \"./key\"\n  mode   = module.settings.mode\n}\n";
    let settings = "output \"mode\" {\n  value = \"HSM\" # <-\n}\n";
    assert_marked("in an output", &[("main.tf", output), ("settings/main.tf", settings), ("key/main.tf", KEY)], &[], "Change this value");
}

#[test]
fn external_value_is_edited_where_it_is_read() {
    let file = "locals {\n  modes = yamldecode(file(\"${path.module}/modes.yaml\")) # <-\n}\nmodule \"key\" {\n  source = \"./key\"\n  mode   = local.modes.a\n}\n";
    assert_marked("a file", &[("main.tf", file), ("key/main.tf", KEY), ("modes.yaml", "a: HSM\n")], &[], "in the file that is read here");
    let used = "variable \"mode\" {}\nmodule \"key\" {\n  source = \"./key\"\n  mode   = var.mode # <-\n}\n";
    assert_marked("the command line", &[("main.tf", used), ("key/main.tf", KEY)], &["--var", "mode=HSM"], "Pass `--var mode=SOFTWARE`");
    let directory = scratch(&[("main.tf", used), ("key/main.tf", KEY)]);
    let arguments = ["--no-config", "--level", "OCI-KMS-001=off", "--format", "short"];
    let output = output_of(command(directory.path()).args(arguments).env("TF_VAR_mode", "HSM"));
    assert!(output.out.starts_with("main.tf:4:12: "), "{output:#?}");
}

#[test]
fn conditional_value_is_edited_at_its_branch_or_at_the_deciding_argument() {
    let toggled = "variable \"env\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = (\n    var.env == \"prod\"\n    ? \"HSM\" # <-\n    : \"SOFTWARE\"\n  )\n}\n";
    assert_marked(
        "in the root",
        &[("main.tf", toggled), ("terraform.tfvars", "env = \"prod\"\n")],
        &[],
        "Change this value to `\"SOFTWARE\"`",
    );
    let passes = "variable \"env\" {}\nmodule \"key\" {\n  source = \"./key\"\n  tier   = var.env # <-\n}\n";
    let files = [("main.tf", passes), ("key/main.tf", TIERED), ("terraform.tfvars", "env = \"premium\"\n")];
    assert_marked("in a called module", &files, &[], "Change `tier` in this call so that `protection_mode` is `\"SOFTWARE\"`");
    let root = "module \"outer\" {\n  source = \"./outer\"\n  tier   = \"premium\"\n}\n";
    let outer = "variable \"tier\" {}\nmodule \"key\" {\n  source = \"../key\"\n  tier   = var.tier # <-\n}\n";
    assert_marked(
        "in a module that a called module calls",
        &[("main.tf", root), ("outer/main.tf", outer), ("key/main.tf", TIERED)],
        &[],
        "Change `tier`",
    );
    let leaves = "module \"key\" { # <-\n  source = \"./key\"\n}\n";
    let by_default = TIERED.replace("basic", "premium");
    assert_marked("by a default", &[("main.tf", leaves), ("key/main.tf", &by_default)], &[], "Change `tier` in this call");
    let alone = "locals { tier = \"premium\" }\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = local.tier == \"premium\" ? \"HSM\" : null # <-\n}\n";
    assert_marked(
        "by the module itself",
        &[("main.tf", "module \"key\" {\n  source = \"./key\"\n}\n"), ("key/main.tf", alone)],
        &[],
        "Change this value",
    );
    for fallback in ["coalesce(var.mode, \"HSM\")", "try(var.settings.mode, \"HSM\")", "lookup(var.settings, \"mode\", \"HSM\")"] {
        let key = format!(
            "variable \"mode\" {{\n  default = null\n}}\nvariable \"settings\" {{\n  default = {{}}\n}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = {fallback}\n}}\n"
        );
        assert_marked(fallback, &[("main.tf", leaves), ("key/main.tf", &key)], &[], "in this call so that `protection_mode` is");
    }
}

#[test]
fn default_is_edited_in_the_root_or_at_the_call_that_omits_the_argument() {
    let root = "variable \"mode\" {\n  default = \"HSM\" # <-\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    assert_marked("of a root", &[("main.tf", root)], &[], "Set the default of `mode` to `\"SOFTWARE\"`");
    let leaves = "module \"key\" { # <-\n  source = \"./key\"\n}\n";
    let both = "Set `mode = \"SOFTWARE\"` in this call (or change the default of `mode`)";
    assert_marked("of a called module", &[("main.tf", leaves), ("key/main.tf", KEY)], &[], both);
    let outer = "variable \"mode\" {\n  default = \"HSM\"\n}\nmodule \"key\" {\n  source = \"../key\"\n  mode   = var.mode\n}\n";
    let calls = "module \"outer\" { # <-\n  source = \"./outer\"\n}\n";
    assert_marked("of the module that calls it", &[("main.tf", calls), ("outer/main.tf", outer), ("key/main.tf", KEY)], &[], both);
    let many = "module \"keys\" {\n  source = \"./keys\"\n  keys = {\n    a = {} # <-\n    b = { mode = \"SOFTWARE\" }\n  }\n}\n";
    assert_marked(
        "of an optional attribute",
        &[("main.tf", many), ("keys/main.tf", MANY)],
        &[],
        "Set `mode = \"SOFTWARE\"` in this element",
    );
    let passes = "variable \"keys\" {}\nmodule \"keys\" {\n  source = \"./keys\"\n  keys   = var.keys\n}\n";
    let files = [("main.tf", passes), ("keys/main.tf", MANY), ("terraform.tfvars", "keys = {\n  a = {} # <-\n  b = {} # <-\n}\n")];
    assert_marked("of an optional attribute of a values file's element", &files, &[], "Set `mode = \"SOFTWARE\"` in this element");
}

#[test]
fn attribute_from_merge_is_edited_in_the_element_that_omits_it() {
    let module = "variable \"keys\" {}\nvariable \"one\" {\n  default = { mode = \"SOFTWARE\" }\n}\nresource \"oci_kms_key\" \"k\" {\n  for_each        = var.keys\n  protection_mode = merge({ mode = \"HSM\" }, each.value).mode\n}\nlocals {\n  defaults = { mode = \"HSM\" }\n  settings = merge(local.defaults, var.one)\n}\nresource \"oci_kms_key\" \"one\" {\n  protection_mode = local.settings.mode\n}\n";
    let help = "Set `mode = \"SOFTWARE\"` in this element";
    let call = "module \"keys\" {\n  source = \"./keys\"\n  keys = {\n    a = { name = \"a\" } # <-\n    b = { mode = \"SOFTWARE\" }\n  }\n  one = { name = \"o\" } # <-\n}\n";
    assert_marked("in a call", &[("main.tf", call), ("keys/main.tf", module)], &[], help);
    let call = "variable \"keys\" {}\nmodule \"keys\" {\n  source = \"./keys\"\n  keys   = var.keys\n}\n";
    let values = "keys = {\n  a = { name = \"a\" } # <-\n  b = { mode = \"SOFTWARE\" }\n}\n";
    assert_marked("in a values file", &[("main.tf", call), ("keys/main.tf", module), ("terraform.tfvars", values)], &[], help);
    let root = "locals {\n  defaults = { mode = \"HSM\" } # <-\n}\nmodule \"key\" {\n  source = \"./key\"\n  mode   = merge(local.defaults, { name = \"k\" }).mode\n}\n";
    assert_marked("in the module that calls", &[("main.tf", root), ("key/main.tf", KEY)], &[], "Change this value to `\"SOFTWARE\"`");
}

#[test]
fn block_that_a_caller_switches_off_is_edited_in_the_call() {
    let module = "variable \"rotate\" {\n  default = false\n}\nvariable \"schedule\" {\n  default = []\n}\nresource \"oci_kms_vault\" \"v\" {\n  vault_type = \"VIRTUAL_PRIVATE\"\n}\nresource \"oci_kms_key\" \"k\" {\n  management_endpoint      = oci_kms_vault.v.management_endpoint\n  is_auto_rotation_enabled = true\n  dynamic \"auto_key_rotation_details\" {\n    for_each = FOR_EACH\n    content {\n      rotation_interval_in_days = 90\n    }\n  }\n}\n";
    for (for_each, argument, value) in [("var.rotate ? [1] : []", "rotate", "false"), ("var.schedule", "schedule", "[]")] {
        let module = module.replace("FOR_EACH", for_each);
        let calls =
            format!("module \"set\" {{\n  source = \"./key\"\n  {argument} = {value}\n}}\nmodule \"left\" {{\n  source = \"./key\"\n}}\n");
        let directory = scratch(&[("main.tf", &calls), ("key/main.tf", &module)]);
        let (_, report) = report(directory.path(), &["--no-config", "--level", "OCI-KMS-004=off"]);
        let found = report["findings"].as_array().expect("findings").iter().map(|finding| {
            let place = &finding["place"];
            let help = finding["help"].as_str().expect("help");
            let is_right = help.contains(&format!("hange `{argument}` in this call so that `rotation_interval_in_days` is `90`"));
            (place["path"].as_str().expect("a path"), place["line"].as_u64().expect("a line"), is_right)
        });
        assert_eq!(found.collect::<Vec<_>>(), [("main.tf", 3, true), ("main.tf", 5, true)], "{for_each}");
    }
    let own = module.replace("FOR_EACH", "[]");
    let directory = scratch(&[("main.tf", &own)]);
    let (_, report) = report(directory.path(), &["--no-config", "--level", "OCI-KMS-004=off"]);
    assert_eq!(report["findings"][0]["place"]["line"], 12, "the module itself decides: {report}");
}

#[test]
fn plan_findings_are_in_the_source_or_else_in_the_plan() {
    let plan = crate::harness::root().join("testdata/placed");
    let places = |arguments: &[&str]| -> Vec<(String, u64, String)> {
        let found = findings(&plan, arguments);
        let place = |finding: &Value| {
            let place = &finding["place"];
            let pointer = place["pointer"].as_str().unwrap_or_default().to_owned();
            let line = if pointer.is_empty() { place["line"].as_u64().expect("a line") } else { 0 };
            (place["path"].as_str().expect("a path").to_owned(), line, pointer)
        };
        found.iter().map(place).collect()
    };
    let at = |path: &str, line: u64| (path.to_owned(), line, String::new());
    let expected = vec![at("src/main.tf", 2), at("src/main.tf", 16), at("src/terraform.tfvars", 2), at("src/terraform.tfvars", 3)];
    assert_eq!(places(&["plan.json", "--source", "src"]), expected);
    assert_eq!(places(&["src"]), expected, "the configuration alone has the same findings");
    let read = |path: &str| std::fs::read_to_string(plan.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let accepted = read("src/terraform.tfvars").replace("\"HSM\" }", "\"HSM\" } # kmslint: ignore[OCI-KMS-004] accepted here");
    let (json, main, module) = (read("plan.json"), read("src/main.tf"), read("src/m/main.tf"));
    let directory =
        scratch(&[("plan.json", &json), ("src/main.tf", &main), ("src/m/main.tf", &module), ("src/terraform.tfvars", &accepted)]);
    assert_eq!(findings(directory.path(), &["plan.json", "--source", "src"]).len(), 3, "comments in values files apply to plans, too");
    let alone = scratch(&[("plan.json", &json)]);
    let found = findings(alone.path(), &["plan.json"]);
    let pointer = |at: usize| format!("/resource_changes/{at}/change/after/protection_mode");
    let pointers: Vec<_> = found.iter().map(|finding| finding["place"]["pointer"].as_str().expect("a pointer").to_owned()).collect();
    assert_eq!(pointers, (0..4).map(pointer).collect::<Vec<_>>());
}

#[test]
fn value_fixed_by_a_module_is_edited_in_the_module_if_it_is_local() {
    let call = "module \"key\" {\n  source = \"./key\"\n}\n";
    let fixed = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\" # <-\n}\n";
    assert_marked("a literal", &[("main.tf", call), ("key/main.tf", fixed)], &[], "Set `protection_mode = \"SOFTWARE\"`");
    assert_marked(
        "an omission",
        &[("main.tf", call), ("key/main.tf", "resource \"oci_kms_key\" \"k\" { # <-\n}\n")],
        &[],
        "Set `protection_mode",
    );
    let installed = format!("module \"key\" {{ # <-\n{CALL_INSTALLED}}}\n");
    let assert_installed = |main: &str, key: &str, help: &str| {
        let manifest = (".terraform/modules/modules.json", INSTALLED);
        assert_marked(key, &[("main.tf", main), manifest, (".terraform/modules/key/main.tf", key)], &[], help);
    };
    assert_installed(&installed, FIXED, "Use a version of this module that sets `protection_mode = \"SOFTWARE\"`");
    assert_installed(&installed, "resource \"oci_kms_key\" \"k\" {}\n", "Use a version of this module");
    assert_installed(&installed, KEY, "Set `mode = \"SOFTWARE\"` in this call");
    assert_installed(&installed, &TIERED.replace("basic", "premium"), "Change `tier` in this call");
    assert_installed(
        &format!("module \"key\" {{\n{CALL_INSTALLED}  mode    = \"HSM\" # <-\n}}\n"),
        KEY,
        "Set `mode = \"SOFTWARE\"` in this call",
    );
    assert_installed(&format!("module \"key\" {{\n{CALL_INSTALLED}  keys = {{\n    a = {{}} # <-\n  }}\n}}\n"), MANY, "in this element");
}

#[test]
fn shared_module_is_edited_if_it_is_in_the_repository() {
    let call = "module \"key\" {\n  source = \"../modules/key\"\n}\n";
    let place = |is_repository: bool, from: &str, path: &str| {
        let directory = scratch(&[("team/main.tf", call), ("modules/key/main.tf", FIXED)]);
        if is_repository {
            std::fs::create_dir(directory.path().join(".git")).expect("a directory");
        }
        let found = findings(&directory.path().join(from), &[path]);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        (finding["place"]["path"].as_str().expect("a path").to_owned(), finding["place"]["line"].as_u64().expect("a line"))
    };
    assert_eq!(place(true, "team", "."), ("../modules/key/main.tf".to_owned(), 2), "the module is in the repository");
    assert_eq!(place(false, ".", "team"), ("modules/key/main.tf".to_owned(), 2), "the module is below the working directory");
    assert_eq!(place(false, "team", "."), ("main.tf".to_owned(), 1), "the module may belong to other sources");
}

#[test]
fn keys_of_many_regions_are_one_finding_that_counts_all() {
    let regions: Vec<String> = (0..44).map(|at| format!("\"region-{at}\"")).collect();
    let call = format!(
        "module \"key\" {{\n  source   = \"./key\"\n  for_each = toset([{}])\n  endpoint = \"https://v-management.kms.${{each.key}}.oraclecloud.com\"\n}}\n",
        regions.join(", ")
    );
    let key = "variable \"endpoint\" {}\nresource \"oci_kms_key\" \"k\" {\n  management_endpoint = var.endpoint\n  protection_mode     = \"HSM\"\n}\n";
    let directory = scratch(&[("main.tf", call.as_str()), ("key/main.tf", key)]);
    let found = findings(directory.path(), &[]);
    let [finding] = found.as_slice() else { panic!("{} findings", found.len()) };
    assert_eq!((finding["place"]["path"].as_str(), finding["place"]["line"].as_u64()), (Some("key/main.tf"), Some(4)));
    assert_eq!(finding["keys"].as_array().map(Vec::len), Some(44));
    let output = output_of(command(directory.path()).args(["--no-config", "--level", "OCI-KMS-001=off"]));
    assert!(output.out.contains("44 keys") && output.out.contains("36 more"), "{output:#?}");
}

#[test]
fn module_missing_in_an_installed_module_is_reported_at_the_call_in_the_repository() {
    let installed = format!("module \"key\" {{\n{CALL_INSTALLED}}}\n");
    let inner = format!("module \"inner\" {{\n  source = \"acme/inner/oci\"\n}}\n{}", FIXED.replace("HSM", "SOFTWARE"));
    let files =
        [("main.tf", installed.as_str()), (".terraform/modules/modules.json", INSTALLED), (".terraform/modules/key/main.tf", &inner)];
    let directory = scratch(&files);
    let found = findings(directory.path(), &["--strict"]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&finding["rule"], &finding["place"]["path"]), (&"modules-not-followed".into(), &"main.tf".into()));
    assert_eq!(finding["keys"][0]["address"], "module.key.module.inner");
}

#[test]
fn undetermined_finding_is_at_the_unknown_value() {
    let variable = "variable \"mode\" {} # <-\nmodule \"key\" {\n  source = \"./key\"\n  mode   = var.mode\n}\n";
    assert_marked("a variable without a value", &[("main.tf", variable), ("key/main.tf", KEY)], &[], "`var.mode`");
    let condition = "variable \"hsm\" {} # <-\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.hsm ? \"HSM\" : \"SOFTWARE\"\n}\n";
    assert_marked("a condition", &[("main.tf", condition)], &[], "`var.hsm`");
    let computed = "resource \"random_id\" \"r\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = random_id.r.hex # <-\n}\n";
    assert_marked("an expression", &[("main.tf", computed)], &[], "plan");
}

#[test]
fn keys_with_one_place_to_edit_are_one_finding() {
    let call = "module \"key\" {\n  source = \"../modules/key\"\n}\n";
    let regions = "resource \"oci_kms_key\" \"k\" {\n  for_each = toset([\"a\", \"b\", \"c\"])\n  protection_mode = \"HSM\"\n}\n";
    let directory = scratch(&[("a/main.tf", call), ("b/main.tf", call), ("modules/key/main.tf", FIXED), ("c/main.tf", regions)]);
    let found = findings(directory.path(), &[]);
    let keys = |finding: &Value| -> Vec<String> {
        let keys = finding["keys"].as_array().expect("keys").iter();
        keys.map(|key| format!("{}: {}", key["root"].as_str().expect("a root"), key["address"].as_str().expect("an address"))).collect()
    };
    assert_eq!(
        found.iter().map(keys).collect::<Vec<_>>(),
        [
            vec!["c: oci_kms_key.k[\"a\"]", "c: oci_kms_key.k[\"b\"]", "c: oci_kms_key.k[\"c\"]"],
            vec!["a: module.key.oci_kms_key.k", "b: module.key.oci_kms_key.k"],
        ]
    );
    let output = output_of(command(directory.path()).args(["--no-config", "--level", "OCI-KMS-001=off", "--format", "short"]));
    assert!(output.out.contains("a: module.key.oci_kms_key.k and 1 more: "), "{output:#?}");
    let alone = short_report(&directory.path().join("a"));
    assert!(alone.contains(" module.key.oci_kms_key.k: "), "a single root is not named: {alone}");
}

fn short_report(directory: &Path) -> String {
    output_of(command(directory).args(["--no-config", "--level", "OCI-KMS-001=off", "--format", "short"])).out
}

#[test]
fn exemption_applies_at_the_value_and_at_its_use() {
    let call = "module \"key\" {\n  source = \"./key\"\n  mode   = \"HSM\"\n}\n";
    let used = "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  # kmslint: ignore[OCI-KMS-004] accepted for every caller\n  protection_mode = var.mode\n}\n";
    let directory = scratch(&[("main.tf", call), ("key/main.tf", used)]);
    assert!(findings(directory.path(), &[]).is_empty());
    let root = "variable \"mode\" {}\nmodule \"key\" {\n  source = \"./key\"\n  mode   = var.mode\n}\n";
    let values = "# kmslint: ignore[OCI-KMS-004] accepted here\nmode = \"HSM\"\n";
    let directory = scratch(&[("main.tf", root), ("key/main.tf", KEY), ("terraform.tfvars", values)]);
    assert!(findings(directory.path(), &[]).is_empty());
}

#[test]
fn keys_with_different_advice_are_variants_of_one_finding() {
    let module = "variable \"endpoint\" {}\nresource \"oci_kms_key\" \"k\" {\n  management_endpoint = var.endpoint\n}\n";
    let call = |kind: &str| {
        format!(
            "resource \"oci_kms_vault\" \"v\" {{\n  vault_type = \"{kind}\"\n}}\nmodule \"key\" {{\n  source   = \"../key\"\n  endpoint = oci_kms_vault.v.management_endpoint\n}}\n"
        )
    };
    let directory = scratch(&[("a/main.tf", &call("DEFAULT")), ("b/main.tf", &call("VIRTUAL_PRIVATE")), ("key/main.tf", module)]);
    let (_, report) = report(directory.path(), &["--no-config", "--level", "OCI-KMS-004=off"]);
    let [finding] = report["findings"].as_array().expect("findings").as_slice() else { panic!("{report}") };
    let [variant] = finding["variants"].as_array().expect("variants").as_slice() else { panic!("{finding}") };
    let texts = [finding["help"].as_str().expect("help"), variant["help"].as_str().expect("help")];
    assert!(texts.iter().any(|text| text.contains("DEFAULT vaults have no automatic rotation")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("Set `is_auto_rotation_enabled = true`")), "{texts:?}");
    let human = output_of(command(directory.path()).args(["--no-config", "--level", "OCI-KMS-004=off"])).out;
    assert!(human.contains("help: For `a: module.key.oci_kms_key.k`: DEFAULT vaults have no automatic rotation"), "{human}");
}

#[test]
fn calls_that_omit_one_argument_are_folded_in_the_human_report_only() {
    let call = |number: usize| format!("module \"key{number}\" {{\n  source = \"./key\"\n}}\n");
    let main: String = (0..20).map(call).collect();
    let directory = scratch(&[("main.tf", &main), ("key/main.tf", KEY)]);
    assert_eq!(findings(directory.path(), &[]).len(), 20);
    let human = output_of(command(directory.path()).args(["--no-config", "--level", "OCI-KMS-001=off"])).out;
    assert_eq!(human.matches("warning[OCI-KMS-004]").count(), 1, "{human}");
    assert!(human.contains("default of variable `mode`, used by 20 calls"), "{human}");
    assert!(human.contains("(or change the default of `mode`)"), "{human}");
}
