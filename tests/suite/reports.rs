//! Every format is accepted by its consumers, and the contents of a repository cannot inject anything into it.

use crate::harness::{expect_file, formats, kmslint, report, root, scratch};
use kmslint::report::{Format, Syntax};
use serde_json::Value;

const HOSTILE: &str = "a\"b,line=1::error::x%0A|`<script>alert(1)</script>\u{1b}[31m\u{202e}";

/// A repository with markup, workflow commands and escape sequences in its names.
fn hostile_repository() -> tempfile::TempDir {
    let key = format!(
        "resource \"oci_kms_key\" \"k\" {{\n  for_each = toset([{}])\n  display_name = each.key\n  protection_mode = \"HSM\"\n}}\n",
        serde_json::to_string(&format!("{HOSTILE}\n::error::forged")).expect("a string").replace("\u{1b}", "\\u001b").replace("${", "$${")
    );
    scratch(&[("we,ird::name%/main.tf", &key), (".git/HEAD", "ref: refs/heads/main\n")])
}

fn run(directory: &std::path::Path, format: &str) -> String {
    let output = kmslint(directory, &["--no-config", "--format", format]);
    assert!(output.code < 2, "{output:#?}");
    output.out
}

fn example(format: &str) -> String {
    run(&root().join("testdata/example"), format)
}

#[test]
fn json_report_matches_its_schema() {
    expect_file(&root().join("docs/report.schema.json"), &kmslint::report::json_schema());
    let schema: Value = serde_json::from_str(&kmslint::report::json_schema()).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    // All roots in one run, because entries of the report do not depend on each other.
    for (directory, most) in [("testdata/parity", 60), ("testdata/rules", 25)] {
        let roots: Vec<String> =
            crate::harness::directories(&root().join(directory)).iter().map(|root| root.display().to_string()).collect();
        let mut arguments = vec!["--no-config"];
        arguments.extend(roots.iter().map(String::as_str));
        let (_, report) = report(&root(), &arguments);
        let errors: Vec<_> = validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{directory}: {errors:?}");
        let own: std::collections::BTreeSet<&str> =
            report["keys"].as_array().expect("keys").iter().filter_map(|key| key["root"].as_str()).collect();
        assert!(own.len() > most, "{directory}: {own:?}");
    }
}

#[test]
fn reports_are_the_same_in_every_run() {
    // Some formats contain the time of the run.
    let run = |format: &str| kmslint(&root().join("testdata/example"), &["--no-config", "--now", "2026-06-01", "--format", format]).out;
    for format in formats() {
        assert_eq!(run(format), run(format), "{format}");
    }
}

#[test]
fn one_run_writes_several_reports() {
    let directory = tempfile::tempdir().expect("a directory");
    let sarif = directory.path().join("out.sarif");
    let option = format!("sarif={}", sarif.display());
    let output = kmslint(&root().join("testdata/example"), &["--no-config", "--format", &option, "--format", "short"]);
    assert_eq!(output.code, 1);
    assert!(output.out.contains("OCI-KMS-004"));
    let log: Value = serde_json::from_str(&std::fs::read_to_string(sarif).expect("the file")).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
}

#[test]
fn sarif_has_everything_that_github_requires() {
    let log: Value = serde_json::from_str(&example("sarif")).expect("JSON");
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert!(results.len() >= 3);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        for text in
            [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["markdown"], &result["message"]["text"]]
        {
            assert!(text.as_str().is_some_and(|text| !text.is_empty()));
        }
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.starts_with("testdata/example/"), "{uri} is not relative to the repository's root");
        for bound in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][bound].as_u64().is_some_and(|number| number > 0));
        }
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].as_str().is_some_and(|hash| hash.contains(':')));
    }
    let payments = results.iter().find(|result| result["codeFlows"].is_array()).expect("a finding with the path of its value");
    assert!(payments["relatedLocations"].as_array().is_some_and(|steps| !steps.is_empty()), "{payments:#}");
}

#[test]
fn sarif_columns_are_utf16() {
    let directory = scratch(&[("main.tf", "resource \"oci_kms_key\" \"k\" {\n  /* 😀 */ protection_mode = \"HSM\"\n}\n")]);
    let log: Value = serde_json::from_str(&run(directory.path(), "sarif")).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let region = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["region"])
        .find(|region| region["startLine"] == 2)
        .expect("a finding at the value");
    assert_eq!((region["startColumn"].as_u64(), region["endColumn"].as_u64()), (Some(30), Some(35)));
}

#[test]
fn names_from_the_repository_cannot_inject_workflow_commands() {
    let directory = hostile_repository();
    let out = run(directory.path(), "github");
    assert!(out.lines().count() >= 1);
    for line in out.lines() {
        assert!(line.starts_with("::warning file=we%2Cird%3A%3Aname%25/main.tf,line=") || line.starts_with("::notice file=we"), "{line}");
    }
    assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'));
}

#[test]
fn names_from_the_repository_cannot_move_the_cursor() {
    let directory = hostile_repository();
    for format in Format::ALL {
        let (name, out) = (format.name, run(directory.path(), format.name));
        assert!(!out.contains('\u{1b}'), "{name}: {out:?}");
        assert!(format.syntax == Syntax::Json || !out.contains('\u{202e}'), "{name}: {out:?}");
        assert!(format.writes_commands || !out.lines().any(|line| line.starts_with("::")), "{name}: {out}");
    }
    let markdown = run(directory.path(), "markdown");
    let outside_of_code = regex::Regex::new("`[^`\n]*`").expect("a pattern").replace_all(&markdown, "").into_owned();
    // Long lists are folded with these tags.
    let own = regex::Regex::new("</?(details|summary)>").expect("a pattern").replace_all(&outside_of_code, "").into_owned();
    assert!(!own.contains('<'), "{own}");
}

#[test]
fn gitlab_fingerprints_are_unique() {
    let issues: Vec<Value> = serde_json::from_str(&example("gitlab")).expect("JSON");
    let fingerprints: std::collections::BTreeSet<_> =
        issues.iter().map(|issue| issue["fingerprint"].as_str().expect("a fingerprint")).collect();
    assert!(issues.len() >= 3);
    assert_eq!(fingerprints.len(), issues.len());
    for issue in &issues {
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().expect("a severity")));
        assert!(issue["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
        assert!(!issue["location"]["path"].as_str().expect("a path").starts_with("./"));
    }
    assert_eq!(run(&root().join("testdata/rules/OCI-KMS-001/ok_scheduled"), "gitlab").trim(), "[]");
}

#[test]
fn gitlab_sast_ids_are_stable_uuids() {
    let read = || serde_json::from_str::<Value>(&example("gitlab-sast")).expect("JSON");
    let (first, second) = (read(), read());
    assert_eq!(first["vulnerabilities"], second["vulnerabilities"]);
    assert_eq!(first["scan"]["type"], "sast");
    for found in first["vulnerabilities"].as_array().expect("findings") {
        assert_eq!(found["id"].as_str().map(str::len), Some(36));
        assert!(["Critical", "High", "Medium", "Low", "Info", "Unknown"].contains(&found["severity"].as_str().expect("a severity")));
        assert!(found["identifiers"].as_array().is_some_and(|identifiers| !identifiers.is_empty()));
    }
}

#[test]
fn junit_lists_passes_and_counts_failures() {
    let out = example("junit");
    let mut cases = 0;
    let mut failures = 0;
    let mut reader = quick_xml::Reader::from_str(&out);
    loop {
        match reader.read_event().expect("well-formed XML") {
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => match tag.name().as_ref() {
                b"testcase" => cases += 1,
                b"failure" => failures += 1,
                _ => {}
            },
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(cases, 4, "two keys, two rules:\n{out}");
    assert_eq!(failures, 3, "{out}");
}

#[test]
fn problems_are_reported_in_every_format() {
    let directory = scratch(&[
        ("main.tf", "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n"),
        ("broken.tf", "resource \"oci_kms_key\" \"b\" {\n  display_name = \"x\n"),
    ]);
    let sentence = "unclosed block";
    // GitLab's reports have findings only, and the human formats have problems on standard error.
    let elsewhere = ["human", "short", "gitlab", "gitlab-sast"];
    for format in formats() {
        let output = kmslint(directory.path(), &["--no-config", "--format", format]);
        assert_eq!(output.code, 2, "{format}");
        assert!(
            elsewhere.contains(&format) || output.out.contains("broken.tf") && output.out.contains(sentence),
            "{format}: {}",
            output.out
        );
        let reports = format!("{format}=report.out");
        let output = kmslint(directory.path(), &["--no-config", "--format", &reports]);
        assert!(output.code == 2 && output.err.contains("broken.tf:1:28") && output.err.contains(sentence), "{format}: {output:#?}");
    }
}

#[test]
fn module_not_followed_is_a_finding_if_strict() {
    let directory = scratch(&[("main.tf", "module \"keys\" {\n  source  = \"example/keys/oci\"\n  version = \"1.0.0\"\n}\n")]);
    let output = kmslint(directory.path(), &["--no-config", "--strict", "--format", "sarif"]);
    assert_eq!(output.code, 1, "{output:#?}");
    let log: Value = serde_json::from_str(&output.out).expect("JSON");
    let run = &log["runs"][0];
    let [result] = run["results"].as_array().expect("results").as_slice() else { panic!("{run:#}") };
    assert!(result["ruleId"] == "modules-not-followed" && result["level"] == "error", "{result:#}");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let rule = rules.iter().find(|rule| rule["id"] == "modules-not-followed").expect("the rule is described");
    assert!(rule["help"]["text"].as_str().is_some_and(|text| text.contains("terraform init")), "{rule:#}");
}

#[test]
fn rdjson_has_positions_and_severities() {
    let found: Value = serde_json::from_str(&example("rdjson")).expect("JSON");
    let diagnostics = found["diagnostics"].as_array().expect("diagnostics");
    assert!(diagnostics.len() >= 3);
    for diagnostic in diagnostics {
        assert!(diagnostic["location"]["range"]["start"]["line"].as_u64().is_some_and(|line| line > 0));
        assert!(["ERROR", "WARNING", "INFO"].contains(&diagnostic["severity"].as_str().expect("a severity")));
    }
}

#[test]
fn sarif_has_fixes_and_omits_exempted_findings_by_default() {
    let directory = scratch(&[(
        "main.tf",
        "resource \"oci_kms_key\" \"a\" {\n  protection_mode = \"HSM\"\n}\n\n# kmslint: ignore[OCI-KMS-004] FIPS 140-2 level 3 contract\nresource \"oci_kms_key\" \"b\" {\n  protection_mode = \"HSM\"\n}\n",
    )]);
    let results = |arguments: &[&str]| {
        let output = kmslint(directory.path(), &[&["--no-config", "--format", "sarif", "--level", "OCI-KMS-001=off"], arguments].concat());
        let log: Value = serde_json::from_str(&output.out).expect("JSON");
        log["runs"][0]["results"].as_array().expect("results").clone()
    };
    let reported = results(&[]);
    assert_eq!(reported.len(), 1);
    let change = &reported[0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "main.tf");
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "\"SOFTWARE\"");
    assert_eq!(change["replacements"][0]["deletedRegion"]["startLine"], 2);
    let all = results(&["--sarif-include-suppressed"]);
    assert_eq!(all.len(), 2);
    let suppressed = all.iter().find(|result| result["suppressions"].is_array()).expect("a suppressed result");
    assert_eq!(suppressed["suppressions"][0]["kind"], "inSource");
    assert_eq!(suppressed["suppressions"][0]["justification"], "FIPS 140-2 level 3 contract");
}

#[test]
fn sarif_has_the_checked_commit() {
    let directory = scratch(&[
        ("infra/main.tf", "resource \"oci_kms_key\" \"a\" {\n  protection_mode = \"HSM\"\n}\n"),
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/refs/heads/main", "0123456789abcdef0123456789abcdef01234567\n"),
        (".git/config", "[remote \"origin\"]\n\turl = https://user:secret@example.com/acme/infra.git\n"),
    ]);
    let output = kmslint(&directory.path().join("infra"), &["--no-config", "--format", "sarif"]);
    assert!(!output.out.contains("secret"));
    let log: Value = serde_json::from_str(&output.out).expect("JSON");
    let run = &log["runs"][0];
    let commit = &run["versionControlProvenance"][0];
    assert_eq!(commit["repositoryUri"], "https://example.com/acme/infra");
    assert_eq!(commit["revisionId"], "0123456789abcdef0123456789abcdef01234567");
    assert_eq!(commit["branch"], "main");
    assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "infra/main.tf");
    assert!(run["automationDetails"]["id"].as_str().is_some_and(|id| !id.is_empty()));
}

#[test]
fn sensitive_values_and_file_contents_are_not_in_any_format() {
    let directory = scratch(&[
        (
            "main.tf",
            "variable \"mode\" {\n  type      = string\n  sensitive = true\n}\n\nresource \"oci_kms_key\" \"a\" {\n  protection_mode = var.mode\n  display_name    = trimspace(file(\"${path.module}/name\"))\n}\n",
        ),
        ("name", "do-not-show-this-name\n"),
    ]);
    for format in formats() {
        let output =
            kmslint(directory.path(), &["--no-config", "--var", "mode=hush-hush", "--format", format, "--show-passes", "--verbose"]);
        assert_eq!(output.code, 1, "{output:#?}");
        for secret in ["hush", "do-not-show"] {
            assert!(!output.out.contains(secret) && !output.err.contains(secret), "{format}: {output:#?}");
        }
    }
}

#[test]
fn sarif_has_the_published_controls() {
    let log: Value = serde_json::from_str(&example("sarif")).expect("JSON");
    let run = &log["runs"][0];
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["helpUri"], "https://github.com/kmslint/kmslint/blob/main/docs/rules/OCI-KMS-001.md");
    let targets: Vec<String> = rule["relationships"]
        .as_array()
        .expect("relationships")
        .iter()
        .map(|one| {
            let target = &one["target"];
            let taxonomy = &run["taxonomies"][target["toolComponent"]["index"].as_u64().expect("an index") as usize];
            let taxon = &taxonomy["taxa"][target["index"].as_u64().expect("an index") as usize];
            assert_eq!((&taxonomy["name"], &taxon["id"]), (&target["toolComponent"]["name"], &target["id"]));
            format!("{} {} {}", taxonomy["name"], taxonomy["version"], taxon["id"]).replace('"', "")
        })
        .collect();
    assert_eq!(targets, ["TrendAI Vision One Cloud Risk Management null OCI-KMS-001", "CIS OCI Foundations Benchmark 3.1.0 4.16"]);
    let taxonomies = run["taxonomies"].as_array().expect("taxonomies");
    assert_eq!(run["tool"]["driver"]["supportedTaxonomies"].as_array().map(Vec::len), Some(taxonomies.len()));
}

#[test]
fn formats_with_links_link_the_page_of_the_rule() {
    let page = "https://github.com/kmslint/kmslint/blob/main/docs/rules/OCI-KMS-004.md";
    for format in ["sarif", "gitlab-sast", "rdjson", "markdown", "html"] {
        assert!(example(format).contains(page), "{format}");
    }
    let cis = "CIS OCI Foundations Benchmark 3.1.0, 4.16";
    assert!(example("gitlab-sast").contains(cis) && example("html").contains(cis));
}

#[test]
fn markdown_has_each_advice_once_with_all_its_keys() {
    let keys: String = (0..30).map(|n| format!("resource \"oci_kms_key\" \"k{n}\" {{\n  protection_mode = \"HSM\"\n}}\n")).collect();
    let directory = scratch(&[("main.tf", &keys)]);
    let out = run(directory.path(), "markdown");
    assert_eq!(
        out.matches("Set `protection_mode = \"SOFTWARE\"`").count() + out.matches("Change this value to `\"SOFTWARE\"`").count(),
        1,
        "{out}"
    );
    for n in 0..30 {
        assert!(out.contains(&format!("- `oci_kms_key.k{n}`, `main.tf:{}:", n * 3 + 2)), "{n}: {out}");
    }
    assert!(
        out.contains("| [OCI-KMS-004](https://github.com/kmslint/kmslint/blob/main/docs/rules/OCI-KMS-004.md) | 30 | 0 | 0 | 0 | 0 |"),
        "{out}"
    );
    assert_eq!((out.matches("<details>").count(), out.matches("</details>").count()), (2, 2), "{out}");
}
