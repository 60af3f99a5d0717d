//! Edits, from configuration on disk to configuration on disk: the finding is gone, and nothing else has changed.

use kmslint::base::{Repository, Sources};
use kmslint::check::{self, Decisions};
use kmslint::fix::{self, Plan};
use kmslint::key::KeyFacts;
use kmslint::policy::{Config, Input, Options, Outcome};
use kmslint::terraform;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }
    folder
}

/// What the rules say of a folder.
fn judge(folder: &Path) -> (Outcome, Arc<Sources>) {
    let sources = Arc::new(Sources::default());
    let folder = folder.canonicalize().expect("the folder is there");
    let inventory = terraform::read(&terraform::Request::new(folder.clone(), vec![PathBuf::from(".")]), &sources);
    assert_eq!(inventory.problems, []);
    let decisions = Decisions {
        config: &Config::default(),
        baseline: None,
        options: &Options::default(),
        now: "2026-01-01T00:00:00Z".parse().expect("a time"),
        repository: &Repository::around(&folder),
    };
    (check::judge(Input { inventory, ..Input::default() }, &decisions, &sources), sources)
}

fn plan(outcome: &Outcome, sources: &Sources, unsafe_fixes: bool) -> Plan {
    let keys: Vec<&KeyFacts> = outcome.keys.iter().map(|key| &key.facts).collect();
    fix::edits(&outcome.findings, &keys, sources, fix::Options { unsafe_fixes, max_rotation_days: 365 })
}

/// Fixes a folder and says what is left: the diff, the notes, the kinds of findings.
fn fixed(folder: &Path, unsafe_fixes: bool) -> (String, Vec<String>, Vec<&'static str>) {
    let (outcome, sources) = judge(folder);
    let plan = plan(&outcome, &sources, unsafe_fixes);
    let files = fix::rewritten(&plan.edits, &sources);
    let parses = |path: &str, text: &str| {
        let (sources, path) = (Sources::default(), Path::new(path));
        let id = sources.add(path, text.to_owned());
        let parse = match path.extension() {
            Some(extension) if extension == "json" => terraform::syntax::json::parse,
            _ => terraform::syntax::native::parse,
        };
        parse(id, text).error.map_or(Ok(()), |error| Err(error.message))
    };
    fix::apply(&files, folder, Some(folder), &parses).expect("the files can be written");
    let (after, _) = judge(folder);
    assert_eq!(after.keys.len(), outcome.keys.len());
    let left = after.findings.iter().filter(|finding| finding.verdict == "violation").map(|finding| finding.kind).collect();
    (fix::diff(&files), plan.notes.into_iter().map(|note| note.message).collect(), left)
}

const VAULT: &str = "resource \"oci_kms_vault\" \"v\" {\n  vault_type = \"VIRTUAL_PRIVATE\"\n}\n";
const KEY: &str = "resource \"oci_kms_key\" \"k\" {\n  # The key.\n  display_name        = \"k\"\n  management_endpoint = oci_kms_vault.v.management_endpoint\n\n  \
                   key_shape {\n    algorithm = \"AES\"\n    length    = 32\n  }\n}\n";

#[test]
fn a_key_in_a_private_vault_gets_a_schedule_and_software() {
    let folder = folder(&[("vault.tf", VAULT), ("key.tf", KEY)]);
    let (diff, notes, left) = fixed(folder.path(), false);
    assert_eq!(left, ["hsm-by-default"]);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("left to `--unsafe-fixes`: set `protection_mode` to SOFTWARE"), "{notes:?}");
    assert_eq!(
        diff,
        "\
--- a/key.tf
+++ b/key.tf
@@ -3,8 +3,14 @@
   display_name        = \"k\"
   management_endpoint = oci_kms_vault.v.management_endpoint
 
+  is_auto_rotation_enabled = true
+
   key_shape {
     algorithm = \"AES\"
     length    = 32
   }
+
+  auto_key_rotation_details {
+    rotation_interval_in_days = 365
+  }
 }
"
    );
    let (diff, notes, left) = fixed(folder.path(), true);
    assert_eq!((notes, left), (Vec::new(), Vec::new()));
    assert!(diff.contains("+  protection_mode     = \"SOFTWARE\"\n"), "{diff}");
    let (diff, notes, left) = fixed(folder.path(), true);
    assert_eq!((diff.as_str(), notes, left), ("", Vec::new(), Vec::new()), "nothing is left to do");
}

#[test]
fn a_value_is_changed_at_the_end_of_its_way() {
    let module = "variable \"mode\" {\n  type    = string\n  default = \"HSM\"\n}\nvariable \"days\" {}\nvariable \"endpoint\" {}\n\
                  resource \"oci_kms_key\" \"k\" {\n  protection_mode          = var.mode\n  management_endpoint      = var.endpoint\n  \
                  is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    rotation_interval_in_days = var.days\n  }\n}\n";
    let root = "variable \"days\" {}\nmodule \"a\" {\n  source   = \"./m\"\n  days     = var.days\n  mode     = \"hsm\"\n  \
                endpoint = oci_kms_vault.v.management_endpoint\n}\nmodule \"b\" {\n  source   = \"./m\"\n  days     = 30\n  \
                endpoint = oci_kms_vault.v.management_endpoint\n}\n";
    let folder = folder(&[("vault.tf", VAULT), ("main.tf", root), ("m/main.tf", module), ("terraform.tfvars", "days = 400 # too long\n")]);
    let (diff, notes, left) = fixed(folder.path(), true);
    assert_eq!((notes, left), (Vec::new(), Vec::new()), "{diff}");
    let changes: Vec<_> = diff.lines().filter(|line| line.starts_with(['+', '-'])).collect();
    assert_eq!(
        changes,
        [
            "--- a/m/main.tf",
            "+++ b/m/main.tf",
            "-  default = \"HSM\"",
            "+  default = \"SOFTWARE\"",
            "--- a/main.tf",
            "+++ b/main.tf",
            "-  mode     = \"hsm\"",
            "+  mode     = \"SOFTWARE\"",
            "-  days     = 30",
            "+  days     = 60",
            "--- a/terraform.tfvars",
            "+++ b/terraform.tfvars",
            "-days = 400 # too long",
            "+days = 365 # too long",
        ]
    );
}

#[test]
fn keys_that_disagree_keep_what_is_written() {
    let keys = "locals {\n  mode = \"HSM\"\n}\nresource \"oci_kms_key\" \"a\" {\n  protection_mode = local.mode\n}\n\
                resource \"oci_kms_key\" \"ca\" {\n  protection_mode = local.mode\n}\n\
                resource \"oci_certificates_management_certificate_authority\" \"ca\" {\n  kms_key_id = oci_kms_key.ca.id\n}\n";
    let folder = folder(&[("main.tf", keys)]);
    let (diff, notes, _) = fixed(folder.path(), true);
    assert_eq!(diff, "");
    assert_eq!(notes, ["the value also decides about keys that do not want another"]);
}

#[test]
fn line_ends_and_json_are_kept() {
    let json = "{\n  \"resource\": {\n    \"oci_kms_key\": {\n      \"j\": {\n        \"protection_mode\": \"HSM\",\n        \
                \"management_endpoint\": \"${oci_kms_vault.v.management_endpoint}\"\n      }\n    }\n  }\n}\n";
    let folder = folder(&[("vault.tf", VAULT), ("key.tf", &KEY.replace('\n', "\r\n")), ("json.tf.json", json)]);
    let (_, notes, left) = fixed(folder.path(), true);
    assert_eq!((notes, left), (Vec::new(), Vec::new()));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("the file is there");
    let key = read("key.tf");
    assert_eq!(key.matches('\n').count(), key.matches("\r\n").count());
    assert!(key.contains("\r\n  protection_mode     = \"SOFTWARE\"\r\n"), "{key}");
    let changed = json.replace("\"HSM\"", "\"SOFTWARE\"").replace(
        "\"j\": {\n",
        "\"j\": {\n        \"is_auto_rotation_enabled\": true,\n        \"auto_key_rotation_details\": { \"rotation_interval_in_days\": 365 },\n",
    );
    assert_eq!(read("json.tf.json"), changed);
}

#[test]
fn a_result_that_does_not_parse_is_never_written() {
    let folder = folder(&[("vault.tf", VAULT), ("key.tf", KEY)]);
    let (outcome, sources) = judge(folder.path());
    let files = fix::rewritten(&plan(&outcome, &sources, true).edits, &sources);
    assert_eq!(files.len(), 1);
    let refused = fix::apply(&files, folder.path(), Some(folder.path()), &|_, _| Err("it does not parse".to_owned()));
    assert!(refused.is_err());
    assert_eq!(std::fs::read_to_string(folder.path().join("key.tf")).expect("the file is there"), KEY);
}
