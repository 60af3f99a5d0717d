//! The human report: equal diagnostics are folded, long lists are cut and counted, the summary adds up, and lines fit the terminal.

use crate::harness::{Output, command, expect_file, kmslint, output_of, root, scratch};
use regex::Regex;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

const VAULT: &str = "variable \"compartment_id\" {
  type = string
}

resource \"oci_kms_vault\" \"main\" {
  compartment_id = var.compartment_id
  display_name   = \"main\"
  vault_type     = \"DEFAULT\"
}
";

/// A key with this argument.
fn key(name: &str, argument: &str) -> String {
    format!(
        "resource \"oci_kms_key\" \"{name}\" {{
  compartment_id      = var.compartment_id
  display_name        = \"{name}\"
  management_endpoint = oci_kms_vault.main.management_endpoint
{argument}
  key_shape {{
    algorithm = \"AES\"
    length    = 32
  }}
}}

"
    )
}

/// 40 keys in 11 files, each with two violations.
fn forty_keys() -> TempDir {
    let mut files = vec![("main.tf".to_owned(), VAULT.to_owned())];
    for team in 0..10 {
        let mode = |number| if number % 2 == 0 { "" } else { "  protection_mode     = \"HSM\"\n" };
        let text = (0..4).map(|number| key(&format!("team{team}_{number}"), mode(number))).collect();
        files.push((format!("team{team}.tf"), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    scratch(&files)
}

/// The terminal output: problems and notes, then the report.
fn terminal_output(output: &Output) -> String {
    format!("{}{}", output.err, output.out)
}

fn expect(name: &str, output: &Output, code: i32) {
    assert_eq!(output.code, code, "{name}: {output:#?}");
    expect_file(&root().join(format!("testdata/human/{name}.txt")), &terminal_output(output));
}

#[test]
fn report_of_one_key_matches() {
    let directory = scratch(&[("main.tf", &(VAULT.to_owned() + &key("orders", "")))]);
    expect("one", &kmslint(directory.path(), &["--no-config"]), 1);
}

#[test]
fn keys_with_the_same_violation_are_one_diagnostic() {
    let keys: String = ["a", "b", "c", "d", "e", "f"].iter().map(|name| key(name, "")).collect();
    let directory = scratch(&[("main.tf", &(VAULT.to_owned() + &keys))]);
    expect("six", &kmslint(directory.path(), &["--no-config"]), 1);
}

#[test]
fn report_of_forty_keys_has_at_most_120_lines() {
    let directory = forty_keys();
    let output = kmslint(directory.path(), &["--no-config"]);
    assert!(terminal_output(&output).lines().count() <= 120, "{} lines", terminal_output(&output).lines().count());
    assert!(output.out.contains("\nChecked 40 keys in 11 files: 80 violations\n"), "{}", output.out);
    expect("forty", &output, 1);
}

#[test]
fn cut_lists_count_the_rest_and_verbose_cuts_none() {
    let directory = forty_keys();
    let name = Regex::new(r"`oci_kms_key\.team\d_\d`").expect("a pattern");
    let all = Regex::new(r"\]: (\d+) keys: ").expect("a pattern");
    let more = Regex::new(r"… and (\d+) keys? at (\d+) more places?").expect("a pattern");
    let brief = kmslint(directory.path(), &["--no-config"]).out;
    for diagnostic in brief.split("\n\n").filter(|part| part.starts_with("warning[")) {
        let keys: usize = all.captures(diagnostic).expect("a number")[1].parse().expect("a number");
        let left: usize = more.captures(diagnostic).map_or(0, |found| found[1].parse().expect("a number"));
        assert_eq!(name.find_iter(diagnostic).count() + left, keys, "{diagnostic}");
    }
    let verbose = kmslint(directory.path(), &["--no-config", "--verbose"]).out;
    assert_eq!(verbose.matches("warning[").count(), 80);
    assert!(!verbose.contains('…'), "{verbose}");
}

#[test]
fn keys_of_several_roots_are_named_with_their_root() {
    let text = VAULT.to_owned() + &key("orders", "  protection_mode     = \"SOFTWARE\"\n");
    let directory = scratch(&[("dev/main.tf", &text), ("stage/main.tf", &text), ("prod/main.tf", &text)]);
    expect("three_roots", &kmslint(directory.path(), &["--no-config"]), 1);
}

#[test]
fn installed_module_is_reported_at_its_calls() {
    let manifest = r#"{"Modules": [{"Key": "", "Source": "", "Dir": "."}, {"Key": "orders", "Source": "acme/kms/oci", "Version": "1.0.0", "Dir": ".terraform/modules/orders"}, {"Key": "bills", "Source": "acme/kms/oci", "Version": "1.0.0", "Dir": ".terraform/modules/orders"}]}"#;
    let module = VAULT.to_owned()
        + "variable \"mode\" {\n  type    = string\n  default = \"HSM\"\n}\n\n"
        + &key("this", "  protection_mode     = var.mode\n");
    let call = |name: &str| {
        format!(
            "module \"{name}\" {{\n  source         = \"acme/kms/oci\"\n  version        = \"1.0.0\"\n  compartment_id = \"ocid1.compartment.oc1..a\"\n}}\n\n"
        )
    };
    let directory = scratch(&[
        ("main.tf", &(call("orders") + &call("bills"))),
        (".terraform/modules/modules.json", manifest),
        (".terraform/modules/orders/main.tf", &module),
    ]);
    expect("installed_module", &kmslint(directory.path(), &["--no-config"]), 1);
}

#[test]
fn run_without_findings_prints_one_line() {
    let directory = scratch(&[("main.tf", &(VAULT.to_owned() + &key("orders", "  protection_mode     = \"SOFTWARE\"\n")))]);
    let output = kmslint(directory.path(), &["--no-config", "--level", "OCI-KMS-001=off"]);
    expect("green", &output, 0);
    assert_eq!(terminal_output(&output).lines().count(), 1);
}

#[test]
fn run_without_keys_prints_two_lines() {
    let directory = scratch(&[("main.tf", VAULT)]);
    expect("nothing", &kmslint(directory.path(), &["--no-config"]), 0);
}

#[test]
fn state_shows_the_age_of_each_key_version() {
    let directory = root().join("testdata/states/raw-key-versions");
    expect("state", &kmslint(&directory, &["terraform.tfstate", "--no-config", "--now", "2026-11-30"]), 1);
}

#[test]
fn equal_problems_are_folded() {
    let open = "resource \"oci_kms_key\" \"a\" {\n";
    let directory = scratch(&[("a/main.tf", open), ("b/main.tf", open), ("c/main.tf", open)]);
    expect("problems", &kmslint(directory.path(), &["--no-config"]), 2);
}

#[test]
fn summary_counts_everything_that_was_not_checked() {
    let call = "module \"remote\" {\n  source = \"acme/kms/oci\"\n}\n";
    let off = "resource \"oci_kms_key\" \"off\" {\n  count = 0\n}\n";
    let directory = scratch(&[("main.tf", &(VAULT.to_owned() + &key("orders", "") + call + off)), ("other.tfvars", "x = 1\n")]);
    let output = kmslint(directory.path(), &["--no-config"]);
    assert!(output.out.contains("\nNot checked: 1 module not followed, 1 block switched off, 1 values file not used.\n"), "{}", output.out);
}

#[test]
fn summary_counts_all_verdicts_of_each_rule() {
    let accepted = "# kmslint: ignore[OCI-KMS-004] a contract\n".to_owned() + &key("accepted", "");
    let disabled = key("disabled", "  desired_state       = \"DISABLED\"\n");
    let good = key("good", "  protection_mode     = \"SOFTWARE\"\n");
    let open = key("open", "  protection_mode     = var.mode\n") + "variable \"mode\" {}\n";
    let directory = scratch(&[("main.tf", &(VAULT.to_owned() + &accepted + &disabled + &good + &open))]);
    let output = kmslint(directory.path(), &["--no-config"]);
    let line = "  OCI-KMS-004 key-protection-mode: 1 undetermined (unknown), 1 exempted, 1 pass, 1 not applicable\n";
    assert!(output.out.contains(line), "{}", output.out);
}

/// The report promises numbers of fixable violations; the options must fix exactly as many.
#[test]
fn promised_number_of_violations_is_fixed() {
    let vault = VAULT.replace("DEFAULT", "VIRTUAL_PRIVATE");
    let off = "  protection_mode     = \"SOFTWARE\"\n  is_auto_rotation_enabled = true\n";
    let text = vault + &key("hsm", "  protection_mode     = \"HSM\"\n") + &key("off", off);
    let count = |out: &str| -> usize {
        let found = Regex::new(r"Checked .*: (\d+) violation").expect("a pattern").captures(out);
        found.map_or(0, |found| found[1].parse().expect("a number"))
    };
    let promised = |out: &str| -> (usize, usize) {
        let number = |pattern: &str| {
            let found = Regex::new(pattern).expect("a pattern").captures(out);
            found.map_or(0, |found| found[1].parse().expect("a number"))
        };
        (number(r"Fixable: (\d+) violations? with `--fix`"), number(r"(\d+) (?:violations?|more) with `--fix --unsafe-fixes`"))
    };
    let directory = scratch(&[("main.tf", &text)]);
    let before = kmslint(directory.path(), &["--no-config"]).out;
    let (safe, more) = promised(&before);
    assert!(safe + more > 0, "{before}");
    let after = kmslint(directory.path(), &["--no-config", "--fix"]).out;
    assert_eq!(count(&before) - count(&after), safe, "{before}\n{after}");
    let last = kmslint(directory.path(), &["--no-config", "--fix", "--unsafe-fixes"]).out;
    assert_eq!(count(&before) - count(&last), safe + more, "{before}\n{last}");
}

/// Runs the binary with these environment variables.
fn with_env(directory: &Path, env: &[(&str, &str)], arguments: &[&str]) -> Output {
    output_of(command(directory).envs(env.iter().copied()).args(arguments))
}

#[test]
fn narrow_terminal_wraps_messages_and_cuts_source_lines() {
    let modes: String = (0..30).fold(String::new(), |mut text, number| {
        let _ = write!(text, "k{number} = \"HSM\", ");
        text
    });
    let text = format!(
        "locals {{ modes = {{ {modes} }} }}\nresource \"oci_kms_key\" \"{}\" {{\n  for_each        = local.modes\n  protection_mode = each.value\n}}\n",
        "k".repeat(100)
    );
    let directory = scratch(&[("main.tf", &text)]);
    let output = with_env(directory.path(), &[("COLUMNS", "60")], &["--no-config"]);
    let drawn = output.out.lines().filter(|line| line.contains(" │ ") || line.contains('^') || line.starts_with(" = note"));
    for line in drawn {
        assert!(line.chars().count() <= 60, "{line}\n{}", output.out);
    }
    assert!(output.out.contains('…') && output.out.contains("^^^"), "{}", output.out);
}

#[test]
fn hyperlinks_are_printed_to_supporting_terminals_only() {
    let directory = scratch(&[("a b.tf", &(VAULT.to_owned() + &key("orders", "")))]);
    let linked = with_env(directory.path(), &[("FORCE_HYPERLINK", "1")], &["--no-config"]).out;
    let page = "\u{1b}]8;;https://github.com/kmslint/kmslint/blob/main/docs/rules/OCI-KMS-001.md\u{1b}\\OCI-KMS-001\u{1b}]8;;\u{1b}\\";
    assert!(linked.contains(page), "{linked}");
    assert!(linked.contains("/a%20b.tf\u{1b}\\a b.tf\u{1b}]8;;\u{1b}\\:10:1"), "{linked}");
    for env in [&[][..], &[("FORCE_HYPERLINK", "1"), ("TERM", "dumb")]] {
        let plain = with_env(directory.path(), env, &["--no-config"]).out;
        assert!(!plain.contains('\u{1b}') && plain.contains("/docs/rules/OCI-KMS-001.md"), "{plain}");
    }
}

#[test]
fn environment_variables_turn_color_on_and_off() {
    let directory = scratch(&[("main.tf", &(VAULT.to_owned() + &key("orders", "")))]);
    let is_colored = |env: &[(&str, &str)]| with_env(directory.path(), env, &["--no-config"]).out.contains("\u{1b}[");
    assert!(is_colored(&[("FORCE_COLOR", "1")]) && is_colored(&[("CLICOLOR_FORCE", "1")]));
    assert!(!is_colored(&[]) && !is_colored(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
}
