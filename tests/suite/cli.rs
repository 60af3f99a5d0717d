//! The binary as a user runs it: arguments, exit codes, streams.

use crate::harness::{command, expect_file, formats, kmslint, kmslint_with_input, output_of, root, scratch};

const HSM: &str = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n";

#[test]
fn exit_code_distinguishes_clean_findings_and_problems() {
    let example = root().join("testdata/example");
    assert_eq!(kmslint(&example, &["--no-config"]).code, 1);
    assert_eq!(kmslint(&example, &["--no-config", "--fail-on", "error"]).code, 0);
    assert_eq!(kmslint(&example, &["--no-config", "--fail-on", "error", "--level", "OCI-KMS-004=error"]).code, 1);
    assert_eq!(kmslint(&example, &["--no-config", "--fail-on", "never"]).code, 0);
    assert_eq!(kmslint(&root().join("testdata/rules/OCI-KMS-001/ok_scheduled"), &["--no-config"]).code, 0);
    let broken = scratch(&[("main.tf", HSM), ("broken.tf", "resource \"x\" {\n")]);
    let output = kmslint(broken.path(), &["--no-config", "--format", "short"]);
    assert_eq!(output.code, 2, "problems take precedence over findings");
    assert!(output.out.contains("OCI-KMS-004"), "the other files are still checked: {output:#?}");
    assert!(output.err.contains("broken.tf"), "{output:#?}");
}

#[test]
fn format_does_not_change_the_exit_code() {
    for format in formats() {
        assert_eq!(kmslint(&root().join("testdata/example"), &["--no-config", "--format", format]).code, 1, "{format}");
    }
}

#[test]
fn wrong_arguments_are_reported_with_the_correction() {
    let here = root().join("testdata/example");
    for (arguments, words) in [
        (vec!["--format", "sariff"], "did you mean `sarif`?"),
        (vec!["--level", "OCI-KMS-04=error"], "did you mean `OCI-KMS-004`?"),
        (vec!["--level", "OCI-KMS-004=loud"], "error, warning, note or off"),
        (vec!["--var", "x"], "NAME=VALUE"),
        (vec!["explain", "OCI-KMS-04"], "did you mean `OCI-KMS-004`?"),
        (vec!["no/such/directory"], "no/such/directory"),
        (vec!["--config", "no.toml"], "no.toml"),
        (vec!["--frobnicate"], "--frobnicate"),
    ] {
        let output = kmslint(&here, &arguments);
        assert_eq!(output.code, 2, "{arguments:?}: {output:#?}");
        assert!(output.err.contains(words), "{arguments:?}: {output:#?}");
    }
}

#[test]
fn help_and_version_exit_with_0() {
    let help = kmslint(&root(), &["--help"]);
    assert_eq!(help.code, 0);
    for word in ["check", "explain", "eval", "--format", "--fix", "Exit codes"] {
        assert!(help.out.contains(word), "{word} is missing:\n{}", help.out);
    }
    let version = kmslint(&root(), &["--version"]);
    assert_eq!(version.out.trim(), concat!("kmslint ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn check_is_the_default() {
    let here = root().join("testdata/example");
    assert_eq!(
        kmslint(&here, &["--no-config", "--format", "short"]).out,
        kmslint(&here, &["check", "--no-config", "--format", "short"]).out
    );
}

#[test]
fn directory_without_configuration_is_reported_as_a_note() {
    let directory = scratch(&[("notes.txt", "oci_kms_key")]);
    let output = kmslint(directory.path(), &["--no-config"]);
    assert_eq!(output.code, 0);
    assert!(output.err.contains("no Terraform configuration"), "{output:#?}");
}

#[test]
fn configuration_without_keys_is_reported_as_a_note() {
    let directory = scratch(&[("a.tf", "variable \"a\" {}\n"), ("b.tf", "variable \"b\" {}\n")]);
    let output = kmslint(directory.path(), &["--no-config"]);
    assert_eq!((output.code, output.err.as_str()), (0, "note: no `oci_kms_key` in 2 files\n"), "{output:#?}");
    let quiet = kmslint(directory.path(), &["--no-config", "--quiet"]);
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.err.as_str()), (0, "", ""));
}

#[test]
fn verbose_run_lists_the_roots_modules_and_inputs_it_used() {
    let output = kmslint(&root(), &["testdata/example", "--no-config", "--verbose", "--var", "compartment=x"]);
    for line in [
        "configuration files: 2; root modules that may have keys: 1",
        "root module `testdata/example`: keys: 2",
        "  module `testdata/example/modules/key`",
        "  input `compartment` from `--var`",
        "  input `level` from `testdata/example/terraform.tfvars`",
    ] {
        assert!(output.err.lines().any(|printed| printed == line), "{line}: {output:#?}");
    }
}

#[test]
fn deleted_file_means_its_directory() {
    let directory = scratch(&[("my infra/main.tf", HSM)]);
    let output = kmslint(directory.path(), &["--no-config", "--format", "short", "my infra/deleted.tf"]);
    assert_eq!(output.code, 1, "{output:#?}");
    assert!(output.out.contains("my infra/main.tf:2:"), "{output:#?}");
    assert_eq!(kmslint(directory.path(), &["--no-config", "no/deleted.tf"]).code, 2);
}

#[test]
fn many_modules_not_followed_are_counted() {
    let calls: String = (0..9).map(|n| format!("module \"m{n}\" {{\n  source = \"example/m{n}/oci\"\n}}\n")).collect();
    let directory = scratch(&[("main.tf", &calls)]);
    let lines = |arguments: &[&str]| {
        let output = kmslint(directory.path(), &[&["--no-config"], arguments].concat());
        (output.err.lines().filter(|line| line.contains("was not followed")).count(), output.err.contains("and 6 more"))
    };
    assert_eq!((lines(&[]), lines(&["--verbose"]), lines(&["--quiet"])), ((3, true), (9, false), (0, false)));
    let (_, json) = crate::harness::report(directory.path(), &["--no-config"]);
    assert_eq!(json["modules_not_followed"].as_array().map(Vec::len), Some(9), "the report has all");
}

#[test]
fn module_not_followed_in_several_roots_is_listed_once() {
    let root = "module \"key\" {\n  source = \"../modules/key\"\n}\n";
    let shared =
        "module \"vault\" {\n  source = \"acme/vault/oci\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = \"SOFTWARE\"\n}\n";
    let directory = scratch(&[("a/main.tf", root), ("b/main.tf", root), ("c/main.tf", root), ("modules/key/main.tf", shared)]);
    let options = ["--no-config", "--level", "OCI-KMS-001=off"];
    let output = kmslint(directory.path(), &options);
    let lines: Vec<&str> = output.err.lines().filter(|line| line.contains("was not followed")).collect();
    let [line] = lines.as_slice() else { panic!("{output:#?}") };
    assert!(line.starts_with("note: modules/key/main.tf:1:1: module.key.module.vault was not followed: "), "{line}");
    assert!(line.ends_with(" (in 3 root modules)") && output.out.contains("1 module not followed"), "{output:#?}");
    for format in ["sarif", "markdown"] {
        let output = kmslint(directory.path(), &[&options[..], &["--format", format]].concat());
        assert_eq!(output.out.matches("(in 3 root modules)").count(), 1, "{output:#?}");
    }
    let strict = kmslint(directory.path(), &[&options[..], &["--strict", "--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&strict.out).expect("JSON");
    assert_eq!(json["modules_not_followed"].as_array().map(Vec::len), Some(3), "JSON lists every root");
    let [finding] = json["findings"].as_array().expect("findings").as_slice() else { panic!("{json}") };
    let roots: Vec<_> = finding["keys"].as_array().expect("keys").iter().map(|key| key["root"].as_str().expect("a root")).collect();
    assert_eq!(roots, ["a", "b", "c"]);
}

#[test]
fn plan_is_read_from_standard_input() {
    let plan = std::fs::read(root().join("testdata/plans/create/plan.json")).expect("the plan");
    let piped = kmslint_with_input(&root().join("testdata/plans/create"), &["--no-config", "--format", "short", "-"], &plan);
    let named = kmslint(&root().join("testdata/plans/create"), &["--no-config", "--format", "short", "plan.json"]);
    assert!(piped.code <= 1 && !piped.out.is_empty(), "{piped:#?}");
    assert_eq!(piped.out.lines().count(), named.out.lines().count(), "{piped:#?}\n{named:#?}");
}

#[test]
fn explain_prints_the_documents_of_rules() {
    let list = kmslint(&root(), &["explain"]);
    assert!(list.out.contains("OCI-KMS-001") && list.out.contains("OCI-KMS-004"));
    let one = kmslint(&root(), &["explain", "oci-kms-004"]);
    assert!(one.out.contains("Medium") || one.out.contains("Low"), "{}", one.out);
    assert_eq!(one.out, kmslint(&root(), &["explain", "key-protection-mode"]).out);
    for id in ["OCI-KMS-DRIFT", "modules-not-followed"] {
        let output = kmslint(&root(), &["explain", id]);
        assert!(output.code == 0 && output.out.starts_with(&format!("# {id}\n")), "{output:#?}");
        assert!(output.out.contains(&format!("<https://github.com/kmslint/kmslint/blob/main/docs/rules/{id}.md>")), "{output:#?}");
    }
}

#[test]
fn eval_answers_expressions_of_a_root_module() {
    let output = kmslint(&root().join("testdata/example"), &["eval", "var.level", "1 + 1", "upper(var.nope)", "oci_kms_vault.main.id"]);
    let lines: Vec<serde_json::Value> = output.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(output.code, 2, "one of them is an error: {output:#?}");
    assert_eq!(lines[0]["value"], "high");
    assert_eq!(lines[1]["value"], 2);
    assert!(lines[2]["error"].is_string());
    assert!(lines[3]["unknown"].as_str().is_some_and(|why| why.contains("known after apply")), "{output:#?}");
}

#[test]
fn var_and_var_file_apply_in_command_line_order() {
    let directory = scratch(&[
        ("main.tf", "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n"),
        ("a.tfvars", "mode = \"SOFTWARE\"\n"),
    ]);
    let mode = |arguments: &[&str]| {
        let (_, report) = crate::harness::report(directory.path(), &[&["--no-config"], arguments].concat());
        report["keys"][0]["protection_mode"]["value"].as_str().map(ToOwned::to_owned)
    };
    assert_eq!(mode(&["--var-file", "a.tfvars", "--var", "mode=HSM"]).as_deref(), Some("HSM"));
    assert_eq!(mode(&["--var", "mode=HSM", "--var-file", "a.tfvars"]).as_deref(), Some("SOFTWARE"));
    let mut with_env = command(directory.path());
    with_env.env("TF_VAR_mode", "HSM").args(["--no-config", "--format", "short"]);
    assert!(output_of(&mut with_env).out.contains("OCI-KMS-004"));
}

#[test]
fn printed_schemas_match_the_published_ones() {
    for (name, file) in [("config", "docs/config.schema.json"), ("report", "docs/report.schema.json")] {
        let output = kmslint(&root(), &["schema", name]);
        assert_eq!((output.code, output.err.as_str()), (0, ""), "{name}");
        expect_file(&root().join(file), &output.out);
        let schema: serde_json::Value = serde_json::from_str(&output.out).expect("JSON");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
    }
    let output = kmslint(&root(), &["schema", "plan"]);
    assert!(output.code == 2 && output.err.contains("config, report"), "{output:#?}");
}

#[test]
fn completions_and_manual_page_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(kmslint(&root(), &["completions", shell]).out.contains("kmslint"), "{shell}");
    }
    let bash = kmslint(&root(), &["completions", "bash"]).out;
    for word in formats().chain(["OCI-KMS-004=off", "OCI-KMS-DRIFT=note", "key-rotation", "--exclude", "compare"]) {
        assert!(bash.contains(word), "{word}");
    }
    assert!(kmslint(&root(), &["man"]).out.starts_with(".ie") || kmslint(&root(), &["man"]).out.contains(".TH kmslint"));
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let directory = scratch(&[]);
    let output = kmslint(directory.path(), &["man", "--dir", "."]);
    assert_eq!((output.code, output.out.as_str(), output.err.as_str()), (0, "", ""));
    for name in ["kmslint", "kmslint-check", "kmslint-live", "kmslint-compare", "kmslint-eval", "kmslint-explain", "kmslint-man"] {
        let page = std::fs::read_to_string(directory.path().join(format!("{name}.1"))).expect("a page");
        assert!(page.contains(&format!(".TH {name} 1")), "{name}: {page}");
    }
    let one = kmslint(directory.path(), &["man", "check"]);
    assert_eq!(one.out, std::fs::read_to_string(directory.path().join("kmslint-check.1")).expect("a page"));
    let none = kmslint(directory.path(), &["man", "chek"]);
    assert!(none.code == 2 && none.err.contains("there is no subcommand `chek`"), "{none:#?}");
}

#[test]
fn short_help_is_shorter_than_long_help() {
    let (short, long) = (kmslint(&root(), &["-h"]), kmslint(&root(), &["--help"]));
    assert!(short.code == 0 && short.out.lines().count() * 3 < long.out.lines().count() * 2, "{}", short.out);
    assert!(short.out.contains("--format") && short.out.contains("`--help` shows all options") && !short.out.contains("--allow-path"));
    for words in ["--allow-path", "`--level OCI-KMS-001=off` turns one off", ".gitignore is not honored, on purpose", "csv, html"] {
        assert!(long.out.contains(words), "{words} is missing:\n{}", long.out);
    }
}

#[test]
fn excluded_paths_are_skipped_and_reported_if_passed() {
    let scratch = scratch(&[("a/main.tf", HSM), ("b/main.tf", HSM), ("b/old/main.tf", HSM), ("plan.json", "{}")]);
    let found = |directory: &str, arguments: &[&str]| {
        let output = kmslint(
            &scratch.path().join(directory),
            &[&["--no-config", "--format", "short", "--level", "OCI-KMS-001=off"], arguments].concat(),
        );
        (output.out.lines().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect::<Vec<_>>(), output)
    };
    assert_eq!(found("", &[]).0, ["a/main.tf", "b/main.tf", "b/old/main.tf"]);
    assert_eq!(found("", &["--exclude", "b"]).0, ["a/main.tf"]);
    assert_eq!(found("", &["--exclude", "./b/old/", "--exclude", "a/*"]).0, ["b/main.tf"]);
    assert_eq!(found("a", &["..", "--exclude", "../b"]).0.len(), 1);
    let absolute = scratch.path().canonicalize().expect("a path").join("b").display().to_string();
    assert_eq!(found("", &["--exclude", &absolute]).0, ["a/main.tf"]);
    for named in ["a", "plan.json"] {
        let (_, output) = found("", &[named, "--exclude", named]);
        assert!(output.code == 0 && output.err.contains(&format!("`{named}`; excluded by `--exclude`")), "{output:#?}");
    }
}

#[test]
fn statistics_replace_findings_by_counts_of_their_kinds() {
    let directory = scratch(&[("a.tf", HSM), ("b.tf", "resource \"oci_kms_key\" \"b\" {}\nresource \"oci_kms_key\" \"c\" {}\n")]);
    let output = kmslint(directory.path(), &["--no-config", "--statistics", "--quiet"]);
    let lines: Vec<Vec<&str>> = output.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(output.code, 1);
    assert_eq!(
        lines,
        [
            vec!["keys", "rule", "verdict", "kind"],
            vec!["3", "OCI-KMS-001", "violation", "no-rotation"],
            vec!["2", "OCI-KMS-004", "violation", "hsm-by-default"],
            vec!["1", "OCI-KMS-004", "violation", "hsm"],
            vec![],
        ],
        "{output:#?}"
    );
    assert!(kmslint(directory.path(), &["--no-config", "--statistics"]).out.contains("Checked 3 keys"));
    let other = kmslint(directory.path(), &["--no-config", "--statistics", "--format", "json"]);
    assert!(other.code == 2 && other.err.contains("no effect without `--format human`"), "{other:#?}");
}

#[test]
fn empty_standard_input_is_reported() {
    for input in ["", "\n \n"] {
        let output = kmslint_with_input(&root(), &["--no-config", "-"], input.as_bytes());
        assert!(output.code == 2 && output.err.contains("standard input is empty") && output.err.contains("kmslint -"), "{output:#?}");
    }
}

#[test]
fn color_is_only_printed_on_request() {
    let here = root().join("testdata/example");
    assert!(!kmslint(&here, &["--no-config"]).out.contains('\u{1b}'));
    assert!(kmslint(&here, &["--no-config", "--color", "always"]).out.contains('\u{1b}'));
}

#[test]
fn chdir_changes_the_working_directory() {
    let output = kmslint(&root(), &["--no-config", "--chdir", "testdata/example", "--format", "short"]);
    assert_eq!(output.code, 1);
    assert!(output.out.contains("main.tf:"), "{output:#?}");
}

#[test]
fn options_are_relative_to_the_directory_of_chdir() {
    let main = "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    let off = "[rules.OCI-KMS-001]\nlevel = \"off\"\n";
    let files = [("teams/web/main.tf", main), ("teams/web/my.tfvars", "mode = \"HSM\"\n"), ("teams/web/my.toml", off)];
    let (outside, inside) = (scratch(&files), scratch(&files));
    let read = |directory: &tempfile::TempDir, path: &str| {
        std::fs::read_to_string(directory.path().join("teams/web").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    for (arguments, written) in [
        (vec!["--var-file", "my.tfvars", "--config", "my.toml", "--format", "short", "--format", "json=report.json"], "report.json"),
        (vec!["--var-file", "my.tfvars", "--config", "my.toml", "--write-baseline", "accepted.json"], "accepted.json"),
        (vec!["--var-file", "my.tfvars", "--config", "my.toml", "--baseline", "accepted.json", "--format", "sarif=a.sarif"], "a.sarif"),
        (vec!["--var-file", "my.tfvars", "--config", "my.toml", "--fix", "--unsafe-fixes"], "my.tfvars"),
    ] {
        std::fs::create_dir_all(outside.path().join(".git")).expect("a repository");
        std::fs::create_dir_all(inside.path().join(".git")).expect("a repository");
        let changed = kmslint(outside.path(), &[&["--chdir", "teams/web"], arguments.as_slice()].concat());
        let started = kmslint(&inside.path().join("teams/web"), &arguments);
        assert_eq!((changed.code, &changed.out, &changed.err), (started.code, &started.out, &started.err), "{arguments:?}");
        assert_eq!(read(&outside, written), read(&inside, written), "{arguments:?}");
    }
    assert_eq!(read(&outside, "my.tfvars"), "mode = \"SOFTWARE\"\n");
    let live = kmslint(outside.path(), &["live", "--chdir", "nowhere", "--print-policy"]);
    assert_eq!(live.code, 0, "{live:#?}");
    let cwd = kmslint(outside.path(), &["eval", "basename(path.cwd)", "--chdir", "teams/web"]);
    let name = outside.path().file_name().and_then(|name| name.to_str()).expect("a name");
    assert_eq!(cwd.out, format!("{{\"value\":\"{name}\"}}\n"), "Terraform's `path.cwd` is the directory in which it was started");
}

#[test]
fn notes_are_printed_once_unless_verbose() {
    let times = |arguments: &[&str]| {
        let output = kmslint(&root(), &[&["testdata/example", "--level", "OCI-KMS-001=off"], arguments].concat());
        assert_eq!(output.out.matches("warning[OCI-KMS-004]").count(), 2, "{}", output.out);
        output.out.matches("= note: HSM keys are billed").count()
    };
    assert_eq!(times(&[]), 1);
    assert_eq!(times(&["--verbose"]), 2);
}

#[test]
fn misspelled_arguments_are_reported_with_a_suggestion() {
    let empty = tempfile::tempdir().expect("a temporary directory");
    // Without the options of `with_tested_rules`, which would become the first argument.
    let typed = |arguments: &[&str]| output_of(command(empty.path()).args(arguments));
    let help = typed(&["help"]);
    assert!(help.code == 0 && help.out.contains("Usage: kmslint"), "{help:#?}");
    for (arguments, wanted) in [
        (&["chek"][..], "unrecognized subcommand `chek`; did you mean `check`?"),
        (&["explian"], "unrecognized subcommand `explian`; did you mean `explain`?"),
        (&["infra"], "cannot read `infra`: no such file or directory"),
        (&["./chek"], "cannot read `./chek`: no such file or directory"),
        (&["--level", "OCI-KMS-001=eror"], "unknown level `eror` (did you mean `error`?); expected error, warning, note or off"),
        (&["--now", "yesterday"], "expected a time such as `2026-01-31T12:00:00Z`, or a date such as `2026-01-31`"),
    ] {
        let output = typed(arguments);
        assert!(output.code == 2 && output.err.contains(wanted), "{arguments:?}: {output:#?}");
    }
    assert_eq!(kmslint(&root(), &["testdata/example", "--now", "2026-01-01"]).code, 1);
}
