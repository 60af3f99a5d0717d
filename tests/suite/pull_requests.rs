//! Pull requests on a monorepo: new findings are on lines that the pull request changes, and all others keep their identities.

use crate::harness::{kmslint, report, scratch};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Files = BTreeMap<&'static str, String>;

/// Three teams that call shared modules, and one that calls an installed module. Some findings exist before the pull request.
fn repository() -> Files {
    let files = [
        (
            "modules/key/main.tf",
            "variable \"mode\" {\n  default = \"HSM\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n",
        ),
        (
            "modules/fixed/main.tf",
            "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"SOFTWARE\"\n}\nresource \"oci_kms_key\" \"old\" {\n  protection_mode = \"HSM\"\n}\n",
        ),
        (
            "teams/web/dev/main.tf",
            "module \"key\" {\n  source = \"../../../modules/key\"\n  mode   = \"SOFTWARE\"\n}\nmodule \"left\" {\n  source = \"../../../modules/key\"\n}\n",
        ),
        (
            "teams/web/prod/main.tf",
            "variable \"mode\" {}\nmodule \"key\" {\n  source = \"../../../modules/key\"\n  mode   = var.mode\n}\nmodule \"fixed\" {\n  source = \"../../../modules/fixed\"\n}\n",
        ),
        ("teams/web/prod/terraform.tfvars", "mode = \"SOFTWARE\"\n"),
        (
            "teams/data/main.tf",
            "variable \"mode\" {\n  default = \"SOFTWARE\"\n}\nmodule \"key\" {\n  source = \"../../modules/key\"\n  mode   = var.mode\n}\nmodule \"fixed\" {\n  source = \"../../modules/fixed\"\n}\n",
        ),
        ("teams/data/backend.tf", "terraform {\n  backend \"local\" {}\n}\n"),
        ("teams/keys/main.tf", "module \"keys\" {\n  source = \"acme/keys/oci\"\n  keys = {\n    a = { mode = \"HSM\" }\n  }\n}\n"),
        (
            "teams/keys/.terraform/modules/modules.json",
            "{\"Modules\":[{\"Key\":\"\",\"Source\":\"\",\"Dir\":\".\"},{\"Key\":\"keys\",\"Source\":\"registry.terraform.io/acme/keys/oci\",\"Version\":\"1.0.0\",\"Dir\":\".terraform/modules/keys\"}]}\n",
        ),
        (
            "teams/keys/.terraform/modules/keys/main.tf",
            "variable \"keys\" {\n  type = map(object({ mode = optional(string, \"HSM\") }))\n}\nresource \"oci_kms_key\" \"k\" {\n  for_each        = var.keys\n  protection_mode = each.value.mode\n}\n",
        ),
    ];
    files.into_iter().map(|(path, text)| (path, text.to_owned())).collect()
}

/// The results in a format: file, line and, if the format has one, identity.
type Results = Vec<(String, u64, Option<String>)>;

fn results(files: &Files) -> BTreeMap<&'static str, Results> {
    let list: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let directory = scratch(&list);
    std::fs::create_dir(directory.path().join(".git")).expect("a repository");
    let json = |format: &str| -> Value { serde_json::from_str(&run(directory.path(), format)).expect("JSON") };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let number = |value: &Value| value.as_u64().expect("a number");
    let array = |value: &Value| value.as_array().expect("an array").clone();
    let sarif = array(&json("sarif")["runs"][0]["results"]).into_iter().map(|result| {
        let at = &result["locations"][0]["physicalLocation"];
        let identity = text(&result["partialFingerprints"]["kmslintFinding/v2"]);
        (text(&at["artifactLocation"]["uri"]), number(&at["region"]["startLine"]), Some(identity))
    });
    let gitlab = array(&json("gitlab"))
        .into_iter()
        .map(|issue| (text(&issue["location"]["path"]), number(&issue["location"]["lines"]["begin"]), Some(text(&issue["fingerprint"]))));
    let rdjson = array(&json("rdjson")["diagnostics"])
        .into_iter()
        .map(|one| (text(&one["location"]["path"]), number(&one["location"]["range"]["start"]["line"]), None));
    let (sarif, gitlab, rdjson): (Results, Results, Results) = (sarif.collect(), gitlab.collect(), rdjson.collect());
    let property = |line: &str, name: &str| -> String {
        let (_, rest) = line.split_once(&format!("{name}=")).expect("a property");
        rest.split([',', ':']).next().unwrap_or_default().to_owned()
    };
    let github = run(directory.path(), "github");
    let github = github
        .lines()
        .filter(|line| line.starts_with("::"))
        .map(|line| (property(line, "file"), property(line, "line").parse().expect("a line"), None));
    BTreeMap::from([("sarif", sarif), ("gitlab", gitlab), ("rdjson", rdjson), ("github", github.collect())])
}

fn run(directory: &Path, format: &str) -> String {
    kmslint(directory, &["--no-config", "--format", format]).out
}

/// The lines that a pull request adds or changes.
fn changed_lines(before: &Files, after: &Files) -> BTreeSet<(String, u64)> {
    let mut lines = BTreeSet::new();
    for (path, text) in after {
        let old = before.get(path).map_or("", String::as_str);
        for change in TextDiff::from_lines(old, text).iter_all_changes().filter(|change| change.tag() == ChangeTag::Insert) {
            lines.insert(((*path).to_owned(), change.new_index().expect("a new line") as u64 + 1));
        }
    }
    lines
}

/// Asserts that a pull request adds results on exactly these lines, in all formats, and changes no others.
fn assert_new_results(name: &str, change: impl Fn(&mut Files), expected: &[(&str, u64)]) {
    let before = repository();
    let mut after = before.clone();
    change(&mut after);
    assert_ne!(before, after, "{name} must change something");
    let (old, new, lines) = (results(&before), results(&after), changed_lines(&before, &after));
    let identities = |results: &Results| -> BTreeSet<String> { results.iter().filter_map(|(.., identity)| identity.clone()).collect() };
    let expected: BTreeSet<(String, u64)> = expected.iter().map(|(path, line)| ((*path).to_owned(), *line)).collect();
    assert!(!expected.is_empty() && expected.is_subset(&lines), "{name}: {expected:?} must be among the changed lines {lines:?}");
    for format in ["sarif", "gitlab"] {
        let (known, now) = (identities(&old[format]), identities(&new[format]));
        assert_eq!(now.len(), new[format].len(), "{name}: {format} must have a unique identity for each result");
        assert!(!known.is_empty() && known.is_subset(&now), "{name}: {format} must keep the identities of existing results");
        let fresh = new[format].iter().filter(|(.., identity)| identity.as_ref().is_none_or(|identity| !known.contains(identity)));
        let fresh: BTreeSet<(String, u64)> = fresh.map(|(path, line, _)| (path.clone(), *line)).collect();
        assert_eq!(fresh, expected, "{name}: {format}");
    }
    for (format, results) in &new {
        let count = |place: &(String, u64)| results.iter().filter(|(path, line, _)| (path, line) == (&place.0, &place.1)).count();
        assert!(expected.iter().all(|place| count(place) > 0), "{name}: {format} must report {expected:?}: {results:?}");
        assert_eq!(results.len(), new["sarif"].len(), "{name}: {format} must have as many results as SARIF");
    }
}

fn replace(files: &mut Files, path: &'static str, old: &str, new: &str) {
    let text = files.get_mut(path).expect("a file");
    assert!(text.contains(old), "{path} must contain {old}");
    *text = text.replacen(old, new, 1);
}

fn append(files: &mut Files, path: &'static str, text: &str) {
    files.entry(path).or_default().push_str(text);
}

#[test]
fn changed_value_is_new_on_its_line() {
    assert_new_results(
        "a values file",
        |files| replace(files, "teams/web/prod/terraform.tfvars", "SOFTWARE", "HSM"),
        &[("teams/web/prod/terraform.tfvars", 1)],
    );
    assert_new_results(
        "a module argument",
        |files| replace(files, "teams/web/dev/main.tf", "SOFTWARE", "HSM"),
        &[("teams/web/dev/main.tf", 3)],
    );
    assert_new_results("a root's default", |files| replace(files, "teams/data/main.tf", "SOFTWARE", "HSM"), &[("teams/data/main.tf", 2)]);
    assert_new_results(
        "a shared module",
        |files| replace(files, "modules/fixed/main.tf", "SOFTWARE", "HSM"),
        &[("modules/fixed/main.tf", 2)],
    );
}

#[test]
fn new_caller_is_new_at_its_call() {
    let sets = "module \"new\" {\n  source = \"../../modules/key\"\n  mode   = \"HSM\"\n}\n";
    assert_new_results("one that sets a bad value", |files| append(files, "teams/data/main.tf", sets), &[("teams/data/main.tf", 13)]);
    let leaves = "module \"new\" {\n  source = \"../../modules/key\"\n}\n";
    assert_new_results("one that leaves a bad default", |files| append(files, "teams/data/main.tf", leaves), &[("teams/data/main.tf", 11)]);
    let root = "module \"key\" {\n  source = \"../../modules/key\"\n}\n";
    assert_new_results("a new root", |files| append(files, "teams/new/main.tf", root), &[("teams/new/main.tf", 1)]);
}

#[test]
fn new_key_of_an_installed_module_is_new_at_its_element() {
    let at = "    a = { mode = \"HSM\" }\n";
    let add = |element: &str| format!("{at}    {element}\n");
    assert_new_results(
        "one that sets a bad value",
        |files| replace(files, "teams/keys/main.tf", at, &add("b = { mode = \"HSM\" }")),
        &[("teams/keys/main.tf", 5)],
    );
    assert_new_results(
        "one that leaves a bad default",
        |files| replace(files, "teams/keys/main.tf", at, &add("b = {}")),
        &[("teams/keys/main.tf", 5)],
    );
    let before = |files: &mut Files| replace(files, "teams/keys/main.tf", at, &format!("    0 = {{}}\n{at}"));
    assert_new_results("one before the others", before, &[("teams/keys/main.tf", 4)]);
}

#[test]
fn findings_join_with_keys_by_root_and_address() {
    let files = repository();
    let list: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let directory = scratch(&list);
    let (_, report) = report(directory.path(), &["--no-config"]);
    let identity = |key: &Value| (key["root"].clone(), key["inputs"].clone(), key["address"].clone());
    let keys: Vec<_> = report["keys"].as_array().expect("keys").iter().map(identity).collect();
    let findings = report["findings"].as_array().expect("findings");
    assert!(!findings.is_empty());
    for key in findings.iter().flat_map(|finding| finding["keys"].as_array().expect("keys")) {
        assert_eq!(keys.iter().filter(|known| **known == identity(key)).count(), 1, "{key}");
    }
}
