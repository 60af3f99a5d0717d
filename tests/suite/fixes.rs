//! Fixes, from file to file: the finding is gone, and nothing else has changed.

use crate::harness::{Output, TESTED_RULES, directories, expect_file, in_parallel, kmslint, root};
use kmslint::base::{Repository, Sources};
use kmslint::check::{self, Decisions};
use kmslint::fix::{self, ApplyError, FixPlan};
use kmslint::key::KeyFacts;
use kmslint::policy::{Config, Input, Outcome, PolicyOptions};
use kmslint::rules::{self, Level, Settings};
use kmslint::terraform;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("the directory can be created");
        std::fs::write(path, text).expect("the file can be written");
    }
    directory
}

fn now() -> jiff::Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

/// Checks a directory.
fn check(directory: &Path) -> (Outcome, Arc<Sources>) {
    let sources = Arc::new(Sources::default());
    let directory = directory.canonicalize().expect("an existing directory");
    let inventory = terraform::read(&terraform::ScanRequest::new(directory.clone(), vec![PathBuf::from(".")]), &sources);
    assert_eq!(inventory.problems, []);
    let levels = rules::ALL.iter().filter(|rule| !TESTED_RULES.contains(&rule.id)).map(|rule| (rule.id, Level::Off)).collect();
    let options = PolicyOptions { levels, ..PolicyOptions::default() };
    let decisions = Decisions {
        config: &Config::default(),
        baseline: None,
        options: &options,
        now: now(),
        repository: &Repository::around(&directory),
    };
    (check::decide(Input { inventory, ..Input::default() }, &decisions, &sources), sources)
}

fn plan(outcome: &Outcome, sources: &Sources, unsafe_fixes: bool) -> FixPlan {
    let keys: Vec<&KeyFacts> = outcome.keys.iter().map(|key| &*key.facts).collect();
    fix::edits(
        &outcome.findings,
        &keys,
        sources,
        &fix::FixOptions { unsafe_fixes, settings: Settings::new(now()), broken: Default::default() },
    )
}

/// Fixes a directory. Returns the diff, the notes, and the kinds of the remaining findings.
fn fix_directory(directory: &Path, unsafe_fixes: bool) -> (String, Vec<String>, Vec<&'static str>) {
    let (outcome, sources) = check(directory);
    let plan = plan(&outcome, &sources, unsafe_fixes);
    let files = fix::rewrite(&plan.edits, &sources);
    let parses = |shown: &str, text: &str| {
        let (sources, path) = (Sources::default(), Path::new(shown));
        let id = sources.add(path, text.to_owned());
        let parse = match path.extension() {
            Some(extension) if extension == "json" => kmslint::hcl::json::parse,
            _ => kmslint::hcl::native::parse,
        };
        parse(id, text).error.map_or(Ok(()), |error| Err(ApplyError::Rejected { path: shown.into(), why: error.message }))
    };
    fix::apply(&files, directory, directory, &parses).expect("the files can be written");
    let (after, _) = check(directory);
    assert_eq!(after.keys.len(), outcome.keys.len());
    let left = after.findings.iter().filter(|finding| finding.verdict == "violation").map(|finding| finding.kind.word()).collect();
    (fix::diff(&files, &|_, _| true), plan.notes.into_iter().map(|note| note.message).collect(), left)
}

const VAULT: &str = "resource \"oci_kms_vault\" \"v\" {\n  vault_type = \"VIRTUAL_PRIVATE\"\n}\n";
const KEY: &str = "resource \"oci_kms_key\" \"k\" {\n  # The key.\n  display_name        = \"k\"\n  management_endpoint = oci_kms_vault.v.management_endpoint\n\n  \
                   key_shape {\n    algorithm = \"AES\"\n    length    = 32\n  }\n}\n";

#[test]
fn key_in_a_private_vault_gets_a_schedule_and_software() {
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", KEY)]);
    let (diff, notes, left) = fix_directory(directory.path(), false);
    assert_eq!(left, ["hsm-by-default"]);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("fixable with `--fix --unsafe-fixes`: set `protection_mode` to SOFTWARE"), "{notes:?}");
    assert_eq!(
        diff,
        "\
--- a/key.tf
+++ b/key.tf
@@ -1,10 +1,15 @@
 resource \"oci_kms_key\" \"k\" {
   # The key.
-  display_name        = \"k\"
-  management_endpoint = oci_kms_vault.v.management_endpoint
+  display_name             = \"k\"
+  management_endpoint      = oci_kms_vault.v.management_endpoint
+  is_auto_rotation_enabled = true
 
   key_shape {
     algorithm = \"AES\"
     length    = 32
   }
+
+  auto_key_rotation_details {
+    rotation_interval_in_days = 90
+  }
 }
"
    );
    let (diff, notes, left) = fix_directory(directory.path(), true);
    assert_eq!((notes, left), (Vec::new(), Vec::new()));
    assert!(diff.contains("+  protection_mode          = \"SOFTWARE\"\n"), "{diff}");
    let (diff, notes, left) = fix_directory(directory.path(), true);
    assert_eq!((diff.as_str(), notes, left), ("", Vec::new(), Vec::new()), "nothing is left to do");
}

#[test]
fn value_is_changed_where_it_comes_from() {
    let module = "variable \"mode\" {\n  type    = string\n  default = \"HSM\"\n}\nvariable \"days\" {}\nvariable \"endpoint\" {}\n\
                  resource \"oci_kms_key\" \"k\" {\n  protection_mode          = var.mode\n  management_endpoint      = var.endpoint\n  \
                  is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    rotation_interval_in_days = var.days\n  }\n}\n";
    let root = "variable \"days\" {}\nmodule \"a\" {\n  source   = \"./m\"\n  days     = var.days\n  mode     = \"hsm\"\n  \
                endpoint = oci_kms_vault.v.management_endpoint\n}\nmodule \"b\" {\n  source   = \"./m\"\n  days     = 30\n  \
                endpoint = oci_kms_vault.v.management_endpoint\n}\n";
    let directory =
        directory(&[("vault.tf", VAULT), ("main.tf", root), ("m/main.tf", module), ("terraform.tfvars", "days = 400 # too long\n")]);
    let (diff, notes, left) = fix_directory(directory.path(), true);
    assert_eq!((notes, left), (Vec::new(), Vec::new()), "{diff}");
    let changes: Vec<_> = diff.lines().filter(|line| line.starts_with(['+', '-'])).collect();
    assert_eq!(
        changes,
        [
            "--- a/main.tf",
            "+++ b/main.tf",
            "-  mode     = \"hsm\"",
            "+  mode     = \"SOFTWARE\"",
            "-  days     = 30",
            "+  days     = 60",
            "+  mode     = \"SOFTWARE\"",
            "--- a/terraform.tfvars",
            "+++ b/terraform.tfvars",
            "-days = 400 # too long",
            "+days = 365 # too long",
        ]
    );
}

#[test]
fn value_that_another_key_needs_is_not_changed() {
    let keys = "locals {\n  mode = \"HSM\"\n}\nresource \"oci_kms_key\" \"a\" {\n  protection_mode = local.mode\n}\n\
                resource \"oci_kms_key\" \"ca\" {\n  protection_mode = local.mode\n}\n\
                resource \"oci_certificates_management_certificate_authority\" \"ca\" {\n  kms_key_id = oci_kms_key.ca.id\n}\n";
    let directory = directory(&[("main.tf", keys)]);
    let (diff, notes, _) = fix_directory(directory.path(), true);
    assert_eq!(diff, "");
    let choice = "an edit is correct only if the vault is VIRTUAL_PRIVATE; see the help";
    assert_eq!(notes, [choice, choice, "keys without a finding depend on this value too"]);
}

#[test]
fn line_endings_and_json_are_kept() {
    let json = "{\n  \"resource\": {\n    \"oci_kms_key\": {\n      \"j\": {\n        \"protection_mode\": \"HSM\",\n        \
                \"management_endpoint\": \"${oci_kms_vault.v.management_endpoint}\"\n      }\n    }\n  }\n}\n";
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", &KEY.replace('\n', "\r\n")), ("json.tf.json", json)]);
    let (_, notes, left) = fix_directory(directory.path(), true);
    assert_eq!((notes, left), (Vec::new(), Vec::new()));
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect("an existing file");
    let key = read("key.tf");
    assert_eq!(key.matches('\n').count(), key.matches("\r\n").count());
    assert!(key.contains("\r\n  protection_mode          = \"SOFTWARE\"\r\n"), "{key}");
    let changed = json.replace("\"HSM\"", "\"SOFTWARE\"").replace(
        "\"j\": {\n",
        "\"j\": {\n        \"is_auto_rotation_enabled\": true,\n        \"auto_key_rotation_details\": { \"rotation_interval_in_days\": 90 },\n",
    );
    assert_eq!(read("json.tf.json"), changed);
}

#[test]
fn result_that_does_not_parse_is_not_written() {
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", KEY)]);
    let (outcome, sources) = check(directory.path());
    let files = fix::rewrite(&plan(&outcome, &sources, true).edits, &sources);
    assert_eq!(files.len(), 1);
    let reject = |path: &str, _: &str| Err(ApplyError::Rejected { path: path.into(), why: "it does not parse".to_owned() });
    let result = fix::apply(&files, directory.path(), directory.path(), &reject);
    assert!(matches!(result, Err(ApplyError::Rejected { .. })));
    assert_eq!(std::fs::read_to_string(directory.path().join("key.tf")).expect("an existing file"), KEY);
}

/// Runs the binary without a config file, with one line per finding.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    kmslint(directory, &[&["--no-config", "--format", "short"], arguments].concat())
}

fn read(directory: &TempDir, name: &str) -> String {
    std::fs::read_to_string(directory.path().join(name)).expect("an existing file")
}

#[test]
fn fixed_and_not_fixed_findings_are_listed() {
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", KEY)]);
    let output = run(directory.path(), &["--fix"]);
    assert_eq!((output.code, output.out.lines().count()), (1, 1), "the protection mode is left: {output:#?}");
    let lines: Vec<_> = output.err.lines().collect();
    assert_eq!(lines.len(), 3, "{output:#?}");
    assert!(
        lines[0].starts_with("not fixed: key.tf:1:1: OCI-KMS-004 oci_kms_key.k: fixable with `--fix --unsafe-fixes`: set"),
        "{output:#?}"
    );
    assert_eq!(lines[1], "fixed: key.tf:5:1: OCI-KMS-001 oci_kms_key.k: turn automatic rotation on");
    assert_eq!(lines[2], "fixed: key.tf:10:1: OCI-KMS-001 oci_kms_key.k: rotate the key every 90 days");
    let output = run(directory.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!((output.code, output.out.as_str()), (0, ""), "{output:#?}");
    assert!(output.err.contains("data that it encrypted becomes unreadable"), "it describes the effect on an existing key: {output:#?}");
    let before = (read(&directory, "key.tf"), read(&directory, "vault.tf"));
    let output = run(directory.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!((output.code, output.out.as_str(), output.err.as_str()), (0, "", ""), "nothing is left to do");
    assert_eq!((read(&directory, "key.tf"), read(&directory, "vault.tf")), before);
}

#[test]
fn unsafe_fixes_without_fix_changes_nothing_and_prints_a_note() {
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", KEY)]);
    let (output, plain) = (run(directory.path(), &["--unsafe-fixes"]), run(directory.path(), &[]));
    assert_eq!((output.code, &output.out), (plain.code, &plain.out));
    assert_eq!(output.err, "note: `--unsafe-fixes` alone changes nothing; add `--fix` to write the fixes, `--diff` to see them\n");
    assert_eq!(read(&directory, "key.tf"), KEY);
}

#[test]
fn findings_that_are_not_fixed_are_counted_with_their_reason() {
    let keys: String = (0..6).map(|n| format!("resource \"oci_kms_key\" \"k{n}\" {{\n  protection_mode = \"HSM\"\n}}\n")).collect();
    let unknown = "variable \"mode\" {}\nresource \"oci_kms_key\" \"u\" {\n  protection_mode = var.mode\n}\n";
    let directory = directory(&[("main.tf", &keys), ("unknown.tf", unknown)]);
    let output = run(directory.path(), &["--diff"]);
    let lines: Vec<&str> = output.err.lines().collect();
    assert_eq!(output.out, "");
    let reason = "not fixed: 6 findings of OCI-KMS-004: fixable with `--fix --unsafe-fixes`: set";
    let at = lines.iter().position(|line| line.starts_with(reason)).unwrap_or_else(|| panic!("{output:#?}"));
    assert_eq!(
        lines[at + 1..at + 5],
        [
            "  --> main.tf:2:21: oci_kms_key.k0",
            "  --> main.tf:5:21: oci_kms_key.k1",
            "  --> main.tf:8:21: oci_kms_key.k2",
            "  … and 3 more (`--verbose` lists them)",
        ]
    );
    let undetermined = "OCI-KMS-004 oci_kms_key.u: the verdict is undetermined; the help describes how to resolve it";
    assert!(lines.iter().any(|line| line.starts_with("not fixed: unknown.tf:1:1: ") && line.ends_with(undetermined)), "{output:#?}");
    let choice = "not fixed: 7 findings of OCI-KMS-001: an edit is correct only if the vault is VIRTUAL_PRIVATE; see the help";
    assert!(lines.contains(&choice), "{output:#?}");
    assert_eq!(run(directory.path(), &["--diff", "--verbose"]).err.matches("  --> ").count(), 13);
}

#[test]
fn syntax_error_does_not_prevent_fixes_in_other_files() {
    let broken = format!("{}resource \"oci_kms_key\" \"c\" {{\n  protection_mode = = 1\n}}\n", KEY.replace("\"k\"", "\"b\""));
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", KEY), ("broken.tf", &broken)]);
    let shown = run(directory.path(), &["--diff"]);
    let output = run(directory.path(), &["--fix"]);
    assert_eq!((output.code, read(&directory, "broken.tf")), (2, broken), "{output:#?}");
    assert!(output.err.contains("OCI-KMS-001 oci_kms_key.b: `broken.tf` has a syntax error; fix that first"), "{output:#?}");
    assert!(read(&directory, "key.tf").contains("is_auto_rotation_enabled = true"), "{output:#?}");
    assert!(shown.out.contains("+++ b/key.tf") && !shown.out.contains("broken.tf"), "the diff shows what is written: {shown:#?}");
}

#[test]
fn missing_argument_is_added_to_the_call_or_map_element() {
    let module = "variable \"mode\" {\n  default = \"HSM\"\n}\nvariable \"keys\" {\n  type    = map(object({ mode = optional(string, \"HSM\") }))\n  default = {}\n}\n\
                  resource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n\
                  resource \"oci_kms_key\" \"many\" {\n  for_each        = var.keys\n  protection_mode = each.value.mode\n}\n";
    let main = "module \"a\" {\n  source = \"./m\"\n}\n\nmodule \"b\" {\n  source = \"./m\"\n  mode   = \"SOFTWARE\"\n  keys = {\n    x = {}\n    y = {\n      mode = \"HSM\"\n    }\n  }\n}\n";
    let installed = (
        ".terraform/modules/modules.json",
        "{\"Modules\":[{\"Key\":\"c\",\"Source\":\"registry.terraform.io/acme/key/oci\",\"Version\":\"1.0.0\",\"Dir\":\".terraform/modules/c\"}]}",
    );
    let called = "module \"c\" {\n  source  = \"acme/key/oci\"\n  version = \"1.0.0\"\n}\n";
    let directory =
        directory(&[("main.tf", main), ("m/main.tf", module), ("c.tf", called), installed, (".terraform/modules/c/main.tf", module)]);
    let output = run(directory.path(), &["--fix", "--unsafe-fixes", "--level", "OCI-KMS-001=off"]);
    assert_eq!((output.code, output.out.as_str()), (0, ""), "{output:#?}");
    assert_eq!(
        read(&directory, "main.tf"),
        main.replace("\"./m\"\n}", "\"./m\"\n  mode   = \"SOFTWARE\"\n}")
            .replace("{}", "{ mode = \"SOFTWARE\" }")
            .replace("\"HSM\"", "\"SOFTWARE\"")
    );
    assert_eq!(read(&directory, "m/main.tf"), module, "the module is not changed");
    assert_eq!(read(&directory, "c.tf"), called.replace("\"1.0.0\"\n}", "\"1.0.0\"\n  mode    = \"SOFTWARE\"\n}"));
}

#[test]
fn diff_is_the_only_output_and_writes_nothing() {
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", KEY)]);
    let safe = run(directory.path(), &["--diff"]);
    let both = run(directory.path(), &["--diff", "--unsafe-fixes"]);
    let with_fix = run(directory.path(), &["--diff", "--fix"]);
    assert_eq!((safe.code, both.code), (1, 1));
    assert_eq!(safe.out, with_fix.out);
    assert!(safe.out.starts_with("--- a/key.tf\n+++ b/key.tf\n@@ "), "{safe:#?}");
    assert!(!safe.out.contains("SOFTWARE") && both.out.contains("+  protection_mode          = \"SOFTWARE\""), "{both:#?}");
    assert!(safe.err.contains("not fixed:") && both.err.contains("would fix, unsafe: key.tf"), "{both:#?}");
    assert_eq!((read(&directory, "key.tf").as_str(), read(&directory, "vault.tf").as_str()), (KEY, VAULT));
    let quiet = run(directory.path(), &["--diff", "--quiet"]);
    assert_eq!((quiet.out, quiet.err.as_str()), (safe.out, ""));
    let clean = run(&root().join("testdata/rules/OCI-KMS-001/ok_scheduled"), &["--diff"]);
    assert_eq!((clean.code, clean.out.as_str()), (0, ""));
}

#[test]
fn several_edits_of_one_key_are_placed_and_aligned() {
    let tight = KEY.replace("\n\n  key_shape", "\n  key_shape");
    let directory = directory(&[("vault.tf", VAULT), ("key.tf", &tight)]);
    assert_eq!(run(directory.path(), &["--fix", "--unsafe-fixes"]).code, 0);
    let expected = tight
        .replace("display_name        =", "display_name             =")
        .replace("management_endpoint =", "management_endpoint      =")
        .replace("  key_shape", "  is_auto_rotation_enabled = true\n  protection_mode          = \"SOFTWARE\"\n\n  key_shape")
        .replace("  }\n}\n", "  }\n\n  auto_key_rotation_details {\n    rotation_interval_in_days = 90\n  }\n}\n");
    assert_eq!(read(&directory, "key.tf"), expected);
}

#[test]
fn formatting_of_the_author_is_kept() {
    for (before, after) in [
        (
            "resource \"oci_kms_key\" \"k\" { protection_mode = \"HSM\" }\n",
            "resource \"oci_kms_key\" \"k\" { protection_mode = \"SOFTWARE\" }\n",
        ),
        (
            "resource \"oci_kms_key\" \"k\" {\n\tprotection_mode\t= \"HSM\" # why\n}",
            "resource \"oci_kms_key\" \"k\" {\n\tprotection_mode\t= \"SOFTWARE\" # why\n}",
        ),
        (
            "resource \"oci_kms_key\" \"k\" {\n\tdisplay_name        = \"k\" # name\n\tmanagement_endpoint = \"x\"\n}\n",
            "resource \"oci_kms_key\" \"k\" {\n\tdisplay_name        = \"k\" # name\n\tmanagement_endpoint = \"x\"\n\tprotection_mode     = \"SOFTWARE\"\n}\n",
        ),
        (
            "\u{feff}resource \"oci_kms_key\" \"k\" {\r\n  # HSM\r\n  protection_mode = \"hsm\"\r\n}\r\n",
            "\u{feff}resource \"oci_kms_key\" \"k\" {\r\n  # HSM\r\n  protection_mode = \"SOFTWARE\"\r\n}\r\n",
        ),
    ] {
        let directory = directory(&[("main.tf", before)]);
        let output = run(directory.path(), &["--fix", "--unsafe-fixes", "--level", "OCI-KMS-001=off"]);
        assert_eq!((read(&directory, "main.tf").as_str(), output.code), (after, 0), "{output:#?}");
    }
}

#[test]
fn unfixable_findings_are_reported_and_not_changed() {
    let ca = "locals {\n  mode = \"HSM\"\n}\nresource \"oci_kms_key\" \"a\" {\n  protection_mode = local.mode\n}\n\
              resource \"oci_kms_key\" \"ca\" {\n  protection_mode = local.mode\n}\n\
              resource \"oci_certificates_management_certificate_authority\" \"ca\" {\n  kms_key_id = oci_kms_key.ca.id\n}\n";
    let computed = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = join(\"S\", [\"H\", \"M\"])\n}\n";
    let branch = "variable \"level\" {\n  default = \"high\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.level == \"high\" ? \"HSM\" : \"SOFTWARE\"\n}\n";
    let given = "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    for (text, arguments, why) in [
        (ca, [].as_slice(), "keys without a finding depend on this value too"),
        (computed, &[], "`protection_mode` is computed, so there is no literal to replace"),
        (branch, &[], "`protection_mode` depends on a condition"),
        (given, &["--var", "mode=HSM"], "the value is given on the command line or in the environment"),
    ] {
        let directory = directory(&[("main.tf", text)]);
        let output = run(directory.path(), &[&["--fix", "--unsafe-fixes", "--level", "OCI-KMS-001=off"], arguments].concat());
        assert_eq!((output.code, read(&directory, "main.tf").as_str()), (1, text), "{output:#?}");
        assert!(output.err.starts_with("not fixed: main.tf:") && output.err.contains(why), "{output:#?}");
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_repository_are_not_written_through() {
    let (inside, outside) =
        (directory(&[("infra/vault.tf", VAULT), (".git/HEAD", "ref: refs/heads/main\n")]), directory(&[("key.tf", KEY)]));
    std::os::unix::fs::symlink(outside.path().join("key.tf"), inside.path().join("infra/key.tf")).expect("a link");
    let allowed = outside.path().to_str().expect("UTF-8");
    let output = run(inside.path(), &["--fix", "--allow-path", allowed]);
    assert_eq!(output.code, 2, "{output:#?}");
    assert!(output.err.contains("infra/key.tf") && output.err.contains("no file was changed"), "{output:#?}");
    assert_eq!(read(&outside, "key.tf"), KEY);
    // A link inside of the repository is followed and stays a link.
    let inside = directory(&[("vault.tf", VAULT), ("shared/key.txt", KEY), (".git/HEAD", "ref: refs/heads/main\n")]);
    std::os::unix::fs::symlink("shared/key.txt", inside.path().join("key.tf")).expect("a link");
    assert_eq!(run(inside.path(), &["--fix", "--unsafe-fixes"]).code, 0);
    assert!(read(&inside, "shared/key.txt").contains("SOFTWARE"));
    assert!(std::fs::symlink_metadata(inside.path().join("key.tf")).expect("an existing file").is_symlink());
}

#[cfg(unix)]
#[test]
fn file_permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    for mode in [0o640, 0o444] {
        let directory = directory(&[("vault.tf", VAULT), ("key.tf", KEY)]);
        let path = directory.path().join("key.tf");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("permissions");
        let output = run(directory.path(), &["--fix", "--unsafe-fixes"]);
        assert_eq!(std::fs::metadata(&path).expect("an existing file").permissions().mode() & 0o777, mode, "{output:#?}");
    }
}

#[test]
fn protection_mode_of_a_new_key_in_a_plan_is_a_safe_fix() {
    let plan = std::fs::read_to_string(root().join("testdata/plans/create/plan.json")).expect("the plan");
    let code = std::fs::read_dir(root().join("testdata/plans/create/src"))
        .expect("the code")
        .map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).expect("a file"))
        .collect::<String>();
    let directory = directory(&[("plan.json", &plan), ("src/main.tf", &code)]);
    let output = run(directory.path(), &["plan.json", "--source", "src", "--fix", "--level", "OCI-KMS-001=off"]);
    let fixed = read(&directory, "src/main.tf");
    assert!(output.err.contains("set `protection_mode` to SOFTWARE before the key is created"), "{output:#?}");
    assert!(code.contains("\"HSM\"") && !fixed.contains("\"HSM\""), "{output:#?}\n{fixed}");
    assert_eq!(run(directory.path(), &["src", "--level", "OCI-KMS-001=off"]).code, 0);
}

#[test]
fn fixes_of_all_fixtures_match_the_expected_diff() {
    let rules = root().join("testdata/rules");
    let diffs = in_parallel(directories(&rules).iter().flat_map(|rule| directories(rule)), |case| {
        let copied = tempfile::tempdir().expect("a temporary directory");
        copy(&case, copied.path());
        let diff = run(copied.path(), &["--diff", "--unsafe-fixes", "--quiet"]).out;
        let output = run(copied.path(), &["--fix", "--unsafe-fixes"]);
        assert!(!output.err.contains("taken back"), "{}: {output:#?}", case.display());
        let again = run(copied.path(), &["--diff", "--unsafe-fixes", "--quiet"]).out;
        assert_eq!(again, "", "{}: nothing is left to fix", case.display());
        if diff.is_empty() {
            return String::new();
        }
        let name = case.strip_prefix(&rules).expect("below the rules").display().to_string().replace('\\', "/");
        format!("# {name}\n{diff}\n")
    });
    expect_file(&rules.join("fixes.diff"), &diffs.concat());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file");
        }
    }
}
