//! Evidence for auditors: CSV and HTML have every key and verdict and the details of the run, and nothing that a program would execute.

use crate::harness::{command, expect_syntax, kmslint, output_of, read_json, root, scratch, with_tested_rules};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kmslint::report::Format;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Two keys; one of them has an accepted violation.
const ACCEPTED: &str = "resource \"oci_kms_key\" \"a\" {\n  display_name    = \"alpha\"\n  protection_mode = \"HSM\"\n}\n\n\
                        # kmslint: ignore[OCI-KMS-004] until=2027-01-31 FIPS contract\n\
                        resource \"oci_kms_key\" \"b\" {\n  protection_mode = \"HSM\"\n}\n";

/// The rows of a CSV report, with the column names as keys.
fn rows(report: &str) -> Vec<BTreeMap<String, String>> {
    let mut table = csv::Reader::from_reader(report.as_bytes());
    table.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{error}: {report}"))).collect()
}

fn csv_rows(directory: &Path, arguments: &[&str]) -> Vec<BTreeMap<String, String>> {
    rows(&kmslint(directory, &[&["--no-config", "--now", "2026-06-01", "--format", "csv"], arguments].concat()).out)
}

fn html_report(directory: &Path, arguments: &[&str]) -> String {
    let output = kmslint(directory, &[&["--no-config", "--now", "2026-06-01", "--format", "html"], arguments].concat());
    expect_syntax(Format::by_name("html").expect("the format"), &output.out);
    output.out
}

#[test]
fn csv_has_a_row_for_each_key_and_rule() {
    let directory = scratch(&[("infra/main.tf", ACCEPTED)]);
    let rows = csv_rows(directory.path(), &[]);
    let summary = |row: &BTreeMap<String, String>| {
        ["address", "rule", "verdict", "kind", "level"].map(|column| row[column].clone()).join(" ").trim_end().to_owned()
    };
    assert_eq!(
        rows.iter().map(summary).collect::<Vec<_>>(),
        [
            "oci_kms_key.a OCI-KMS-001 violation no-rotation warning",
            "oci_kms_key.a OCI-KMS-004 violation hsm warning",
            "oci_kms_key.b OCI-KMS-001 violation no-rotation warning",
            "oci_kms_key.b OCI-KMS-004 violation hsm warning",
        ]
    );
    let one = &rows[1];
    for (column, cell) in [
        ("record", "key"),
        ("root", "infra"),
        ("input", "hcl"),
        ("display_name", "alpha"),
        ("place", "infra/main.tf:1:1"),
        ("edit_place", "infra/main.tf:3:21"),
        ("reason", "the key will be HSM-protected"),
        ("exempted_by", ""),
    ] {
        assert_eq!(one[column], cell, "{column}: {one:#?}");
    }
    assert_eq!(one["fingerprint"].len(), 32);
    let accepted = ["exempted_by", "exemption_reason", "exemption_until"].map(|column| rows[3][column].as_str());
    assert_eq!(accepted, ["comment", "FIPS contract", "2027-01-31"]);
}

#[test]
fn csv_without_keys_has_all_columns_and_the_page_documents_each() {
    let directory = scratch(&[("main.tf", "")]);
    let output = kmslint(directory.path(), &["--no-config", "--format", "csv"]);
    let page = std::fs::read_to_string(root().join("docs/formats.md")).expect("the page");
    let columns: Vec<&str> = output.out.trim_end().split(',').collect();
    assert!(columns.len() > 15 && output.out.lines().count() == 1, "{output:#?}");
    for column in columns {
        assert!(page.contains(&format!("| `{column}` |")), "docs/formats.md does not document `{column}`");
    }
}

#[test]
fn csv_has_the_age_of_keys_and_versions_and_what_was_not_checked() {
    let states = root().join("testdata/states");
    let files = ["raw-key-versions/terraform.tfstate", "raw-young-and-old/terraform.tfstate", "encrypted-opentofu/terraform.tfstate"];
    let output = kmslint(&states, &[&["--no-config", "--now", "2026-11-21", "--format", "csv"], &files[..]].concat());
    let rows = rows(&output.out);
    for (column, of) in [("version_created", files[0]), ("key_created", files[1])] {
        let is_known = |row: &&BTreeMap<String, String>| row["root"] == of && row[column].ends_with('Z');
        let known: Vec<_> = rows.iter().filter(is_known).collect();
        assert!(!known.is_empty(), "{column}: {output:#?}");
        let has_age = |row: &&BTreeMap<String, String>| row["version_age_days"].parse::<u64>().is_ok();
        assert!(column == "key_created" || known.iter().all(has_age), "{known:#?}");
    }
    let problems: Vec<_> = rows.iter().filter(|row| row["record"] == "problem").collect();
    assert!(output.code == 2 && problems.len() == 1 && problems[0]["reason"].contains("encrypted"), "{output:#?}");
    let page = html_report(&states, &files);
    assert!(page.contains("<th scope=\"col\">Version age</th>") && page.contains("<td>key: 78 days</td>"), "{page}");
}

#[test]
fn csv_has_rows_for_findings_without_a_key() {
    let directory = scratch(&[("main.tf", "module \"keys\" {\n  source = \"example/keys/oci\"\n}\n")]);
    let records = |arguments: &[&str]| csv_rows(directory.path(), arguments).iter().map(|row| row["record"].clone()).collect::<Vec<_>>();
    assert_eq!(records(&[]), ["module-not-followed"]);
    assert_eq!(records(&["--strict"]), ["finding", "module-not-followed"]);
}

#[test]
fn csv_cells_are_not_formulas() {
    let names = ["=1+1", "+1", "-1", "@SUM(A1)", "\\t=1", "\\r=1", " =1", "a;=1", "\u{ff1d}1", "\\\"=1", "a\\n=1"];
    let names = names.map(|name| format!("\"{name}\"")).join(", ");
    let key = format!(
        "resource \"oci_kms_key\" \"k\" {{\n  for_each        = toset([{names}])\n  display_name    = each.key\n  protection_mode = each.key\n}}\n"
    );
    let directory = scratch(&[("=main/main.tf", &key)]);
    let rows = csv_rows(directory.path(), &[]);
    assert_eq!(rows.len(), 22);
    for cell in rows.iter().flat_map(|row| row.values()).flat_map(|cell| cell.split(';')) {
        let start = cell.trim_start().chars().next();
        assert!(!start.is_some_and(|c| "=+-@\u{ff1d}".contains(c)) && !cell.contains(['\t', '\r', '\n']), "{cell:?}");
    }
    assert!(rows.iter().any(|row| row["display_name"] == "'=1+1"), "{rows:#?}");
}

#[test]
fn html_has_every_key_and_the_details_of_the_run() {
    let directory = scratch(&[
        ("infra/main.tf", ACCEPTED),
        ("infra/variables.tf", "variable \"token\" {}\n"),
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/refs/heads/main", "0123456789abcdef0123456789abcdef01234567\n"),
    ]);
    let page = html_report(directory.path(), &["infra", "--var", "token=hush-hush"]);
    let command_line = with_tested_rules(&["check", "--no-config", "--now", "2026-06-01", "--format", "html", "infra", "--var", "token=…"]);
    for words in [
        "<h1>3 violations in 2 keys</h1>",
        &format!("kmslint {}", command_line.join(" ")),
        "2026-06-01 00:00:00 UTC",
        "<dd>0.1.0</dd>",
        "0123456789abcdef0123456789abcdef01234567",
        "docs/rules/OCI-KMS-001.md",
        "CIS OCI Foundations Benchmark 3.1.0, 4.16",
        "<strong>alpha</strong>",
        "<code>oci_kms_key.b</code>",
        "Accepted in the comment: FIPS contract, until 2027-01-31",
        "2027-01-31 <small>(244 days left)</small>",
        "<dd>1: findings</dd>",
    ] {
        assert!(page.contains(words), "{words} is missing:\n{page}");
    }
    assert!(!page.contains("hush"));
    let empty = scratch(&[("main.tf", "")]);
    assert!(html_report(empty.path(), &[]).contains("<p>No key was found.</p>"));
}

#[test]
fn html_lists_what_was_not_checked() {
    let directory = scratch(&[
        ("main.tf", "module \"keys\" {\n  source = \"example/keys/oci\"\n}\nresource \"oci_kms_key\" \"off\" {\n  count = 0\n}\n"),
        ("broken.tf", "resource \"oci_kms_key\" \"b\" {\n"),
        ("prod.tfvars", "x = 1\n"),
    ]);
    let page = html_report(directory.path(), &[]);
    for words in
        ["This report is incomplete", "unclosed block", "<code>module.keys</code>", "<code>prod.tfvars</code>", "2: something could not"]
    {
        assert!(page.contains(words), "{words} is missing:\n{page}");
    }
}

#[test]
fn html_allows_only_its_own_script_and_style() {
    let directory = scratch(&[(
        "main.tf",
        "# kmslint: ignore[OCI-KMS-001] <img src=x onerror=alert(1)>\nresource \"oci_kms_key\" \"k\" {\n  for_each        = toset([\"</script><script>alert(1)</script>\", \"\\\" onclick=\\\"alert(1)\"])\n  display_name    = each.key\n  protection_mode = \"HSM\"\n}\n",
    )]);
    let page = html_report(directory.path(), &[]);
    for (tag, directive) in [("style", "style-src"), ("script", "script-src")] {
        let (_, rest) = page.split_once(&format!("<{tag}>")).expect("the tag");
        let (own, _) = rest.split_once(&format!("</{tag}>")).expect("the end tag");
        let hash = STANDARD.encode(Sha256::digest(own.as_bytes()));
        assert!(page.contains(&format!("{directive} 'sha256-{hash}'")), "{tag} does not match the content security policy");
        assert_eq!(page.matches(&format!("<{tag}")).count(), 1, "{tag}");
    }
    assert!(page.contains("default-src 'none'; ") && !page.contains("unsafe"));
    for tag in ["<img", "<link", "<iframe", "src=\"", " onerror=\"", " onclick=\"", " style=\""] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "{page}");
}

#[test]
fn places_are_links_to_the_files_on_the_ci_service() {
    let directory = scratch(&[("in fra/main.tf", ACCEPTED), (".git/HEAD", "ref: refs/heads/main\n")]);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let github = [("GITHUB_SERVER_URL", "https://git.example"), ("GITHUB_REPOSITORY", "acme/infra"), ("GITHUB_SHA", commit)];
    let gitlab = [("CI_PROJECT_URL", "https://git.example/acme/infra"), ("CI_COMMIT_SHA", commit)];
    for format in ["html", "markdown"] {
        let run = |env: &[(&str, &str)]| {
            output_of(command(directory.path()).envs(env.iter().copied()).args(["--no-config", "--format", format])).out
        };
        let on_github = format!("https://git.example/acme/infra/blob/{commit}/in%20fra/main.tf#L3");
        assert!(run(&github).contains(&on_github), "{format}: {}", run(&github));
        assert!(run(&gitlab).contains(&on_github.replace("/blob/", "/-/blob/")), "{format}");
        assert!(!run(&[]).contains("git.example"), "{format}");
        let odd = [("CI_PROJECT_URL", "javascript:alert(1)"), ("CI_COMMIT_SHA", commit)];
        assert!(!run(&odd).contains("javascript"), "{format}");
    }
}

#[test]
fn csv_and_html_have_the_keys_of_the_json_report() {
    let reports = scratch(&[]);
    let file = |format: &str| reports.path().join(format);
    let options = ["json", "csv", "html"].map(|format| format!("--format={format}={}", file(format).display()));
    let arguments = [&["--no-config", "--now", "2026-06-01"], options.each_ref().map(String::as_str).as_slice()].concat();
    let output = kmslint(&root().join("testdata/parity"), &arguments);
    let read = |format: &str| std::fs::read_to_string(file(format)).unwrap_or_else(|error| panic!("{format}: {error}: {output:#?}"));
    let json = read_json(&read("json")).expect("JSON");
    let mut expected: Vec<String> = Vec::new();
    for key in json["keys"].as_array().expect("keys") {
        for (rule, verdict) in key["verdicts"].as_object().expect("verdicts") {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            expected.push([text(&key["root"]), text(&key["address"]), rule.clone(), text(&verdict["verdict"])].join(" "));
        }
    }
    let found: Vec<String> = rows(&read("csv"))
        .iter()
        .filter(|row| row["record"] == "key")
        .map(|row| ["root", "address", "rule", "verdict"].map(|column| row[column].as_str()).join(" "))
        .collect();
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
    assert_eq!(read("html").matches("<tr><td class=\"verdict").count(), found.len());
}
