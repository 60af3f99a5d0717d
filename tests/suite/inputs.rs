//! Where the values of root variables come from: Terraform's files, environment and options, and values files that are passed.

use crate::harness::{Output, command, formats, kmslint, output_of, report, scratch, with_tested_rules};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;

/// A root module whose key has the mode `var.mode`.
const ROOT: &str = "variable \"mode\" {\n  default = \"SOFTWARE\"\n}\nresource \"oci_kms_key\" \"k\" {\n  compartment_id = \"c\"\n  \
                    display_name = \"d\"\n  management_endpoint = \"e\"\n  key_shape {\n    algorithm = \"AES\"\n    length = 32\n  }\n  \
                    protection_mode = var.mode\n  is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    \
                    rotation_interval_in_days = 90\n  }\n}\n";
const HSM: &str = "mode = \"HSM\"\n";

/// The keys of a report: root, values file, mode. An unknown mode is `?`.
fn keys(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let key = |key: &Value| {
        let mode = &key["protection_mode"];
        let mode = if mode["claim"] == "unknown" { "?".to_owned() } else { text(&mode["value"]) };
        format!("{} {} {mode}", text(&key["root"]), text(&key["inputs"]))
    };
    report["keys"].as_array().expect("keys").iter().map(key).collect()
}

fn run(directory: &Path, arguments: &[&str]) -> (Output, Vec<String>, Value) {
    let (output, report) = report(directory, &[&["--no-config"], arguments].concat());
    (output, keys(&report), report)
}

/// Runs a check with these environment variables: its output, and the keys of its JSON report.
fn run_with_env(directory: &Path, env: &[(&str, &str)], arguments: &[&str]) -> (Output, Vec<String>) {
    let mut command = command(directory);
    command.args(with_tested_rules(&["check", "--no-config", "--format", "json"])).args(arguments).envs(env.iter().copied());
    let output = output_of(&mut command);
    let keys = serde_json::from_str(&output.out).map(|report| keys(&report)).unwrap_or_default();
    (output, keys)
}

#[test]
fn passed_values_file_adds_a_run_of_its_root() {
    let directory = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM), ("dev.tfvars.json", "{\"mode\": \"EXTERNAL\"}")]);
    let (output, keys, report) = run(directory.path(), &["prod.tfvars"]);
    assert_eq!(keys, [". prod.tfvars HSM"]);
    assert_eq!(output.code, 1);
    let reference = serde_json::json!({ "root": ".", "inputs": "prod.tfvars", "address": "oci_kms_key.k" });
    assert_eq!(report["findings"][0]["keys"], serde_json::json!([reference]));
    let (_, keys, _) = run(directory.path(), &["prod.tfvars", "dev.tfvars.json"]);
    assert_eq!(keys, [". dev.tfvars.json EXTERNAL", ". prod.tfvars HSM"]);
    let (_, keys, _) = run(directory.path(), &["main.tf", "prod.tfvars"]);
    assert_eq!(keys, [". - SOFTWARE", ". prod.tfvars HSM"], "the configuration was passed, too");
    let (_, keys, _) = run(directory.path(), &[".", "prod.tfvars"]);
    assert_eq!(keys, [". - SOFTWARE", ". prod.tfvars HSM"]);
}

#[test]
fn passed_values_file_applies_in_the_order_of_the_options() {
    let directory = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM), ("all.tfvars", "mode = \"EXTERNAL\"\n")]);
    assert_eq!(run(directory.path(), &["--var-file", "all.tfvars", "prod.tfvars"]).1, [". prod.tfvars HSM"]);
    assert_eq!(run(directory.path(), &["prod.tfvars", "--var-file", "all.tfvars"]).1, [". prod.tfvars EXTERNAL"]);
    assert_eq!(run(directory.path(), &["prod.tfvars", "--var", "mode=EXTERNAL"]).1, [". prod.tfvars EXTERNAL"]);
}

#[test]
fn automatic_values_file_adds_no_run() {
    let directory = scratch(&[("main.tf", ROOT), ("terraform.tfvars", HSM), ("b.auto.tfvars", "mode = \"EXTERNAL\"\n")]);
    for file in ["terraform.tfvars", "b.auto.tfvars"] {
        assert_eq!(run(directory.path(), &[file]).1, [". - EXTERNAL"], "{file}");
    }
    // In another directory it is an ordinary values file.
    let directory = scratch(&[(".git/HEAD", ""), ("main.tf", ROOT), ("env/terraform.tfvars", HSM)]);
    assert_eq!(run(directory.path(), &["env/terraform.tfvars"]).1, [". env/terraform.tfvars HSM"]);
}

#[test]
fn values_file_in_another_directory_belongs_to_the_root_that_declares_its_variables() {
    let other = "variable \"region\" {}\n";
    let files = [
        ("infra/main.tf", ROOT),
        ("infra/inputs/prod.tfvars", HSM),
        ("env/prod.tfvars", HSM),
        ("main.tf", other),
        ("env/both.tfvars", "mode = \"HSM\"\nregion = \"x\"\n"),
        ("unknown/a.tfvars", "nothing = 1\n"),
    ];
    for git in [true, false] {
        let directory = scratch(&files);
        if git {
            std::fs::create_dir(directory.path().join(".git")).expect("a directory");
        }
        assert_eq!(run(directory.path(), &["infra/inputs/prod.tfvars"]).1, ["infra inputs/prod.tfvars HSM"], "the one above");
        assert_eq!(run(directory.path(), &["env/prod.tfvars"]).1, ["infra ../env/prod.tfvars HSM"], "a sibling");
        let (output, keys, report) = run(directory.path(), &["unknown/a.tfvars"]);
        assert_eq!((output.code, keys.len()), (0, 0), "{output:#?}");
        assert_eq!(report["not_read"][0]["path"], "unknown/a.tfvars");
        assert!(output.err.contains("unknown/a.tfvars") && output.err.contains("--var-file"), "{output:#?}");
        assert_eq!(run(directory.path(), &["unknown/a.tfvars", "--strict"]).0.code, 1);
        assert!(run(directory.path(), &["unknown/a.tfvars", "--quiet"]).0.err.contains("unknown/a.tfvars"));
    }
    let inside = scratch(&files);
    assert_eq!(run(&inside.path().join("infra/inputs"), &["prod.tfvars"]).1, [".. inputs/prod.tfvars HSM"]);
}

#[test]
fn values_file_that_fits_several_roots_is_not_read_and_names_them() {
    let directory = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("env/prod.tfvars", HSM)]);
    let (output, keys, report) = run(directory.path(), &["env/prod.tfvars"]);
    assert!(keys.is_empty(), "{keys:?}");
    let why = report["not_read"][0]["why"].as_str().expect("a reason");
    assert!(why.contains("`a`") && why.contains("`b`"), "{why}");
    assert_eq!((output.code, run(directory.path(), &["env/prod.tfvars", "--strict"]).0.code), (0, 1));
}

#[test]
fn values_file_of_a_called_module_checks_that_module() {
    let directory =
        scratch(&[("main.tf", "module \"m\" {\n  source = \"./keys\"\n}\n"), ("keys/main.tf", ROOT), ("keys/prod.tfvars", HSM)]);
    assert_eq!(run(directory.path(), &["keys/prod.tfvars"]).1, ["keys prod.tfvars HSM"]);
    assert_eq!(run(directory.path(), &["."]).1, [". - SOFTWARE"]);
}

#[test]
fn fingerprints_depend_on_the_values_file_only() {
    let directory = scratch(&[("main.tf", ROOT), ("dev.tfvars", HSM), ("prod.tfvars", HSM)]);
    let prints = |arguments: &[&str]| -> Vec<Value> {
        let (.., report) = run(directory.path(), arguments);
        let findings = report["findings"].as_array().expect("findings").iter();
        findings.flat_map(|finding| finding["fingerprints"].as_array().expect("fingerprints").clone()).collect()
    };
    let plain = prints(&["--var-file", "prod.tfvars"]);
    let both = prints(&["dev.tfvars", "prod.tfvars"]);
    assert_eq!(both.len(), 2, "one finding at the line of each values file");
    assert_ne!(both[0], both[1]);
    assert_eq!(prints(&["prod.tfvars"])[0], both[1], "the same run alone");
    assert!(plain[0] != both[0] && plain[0] != both[1]);
    // A baseline for one set of inputs does not apply to another.
    assert_eq!(kmslint(directory.path(), &["--no-config", "dev.tfvars", "--write-baseline", "b.json"]).code, 0);
    assert_eq!(kmslint(directory.path(), &["--no-config", "dev.tfvars", "--baseline", "b.json"]).code, 0);
    assert_eq!(kmslint(directory.path(), &["--no-config", "prod.tfvars", "--baseline", "b.json"]).code, 1);
}

#[test]
fn formats_name_the_values_file() {
    let directory = scratch(&[("main.tf", ROOT), ("dev.tfvars", HSM), ("prod.tfvars", HSM)]);
    for format in ["human", "sarif", "json", "junit"] {
        let output = kmslint(directory.path(), &["--no-config", "dev.tfvars", "prod.tfvars", "--format", format]);
        assert!(output.out.contains("dev.tfvars") && output.out.contains("prod.tfvars"), "{format}: {output:#?}");
    }
    // JSON and CSV have a separate field for the values file.
    for format in formats().filter(|format| !["json", "csv"].contains(format)) {
        let output = kmslint(directory.path(), &["--no-config", "prod.tfvars", "--format", format]);
        assert!(output.out.contains("oci_kms_key.k (prod.tfvars)"), "{format}: {output:#?}");
    }
}

#[test]
fn unused_values_files_are_listed_once() {
    let directory = scratch(&[
        ("main.tf", ROOT),
        ("dev.tfvars", HSM),
        ("prod.tfvars", HSM),
        ("inputs/stage.tfvars.json", "{}"),
        ("a.auto.tfvars", ""),
        ("other/main.tf", "variable \"x\" {}\n"),
        ("other/x.tfvars", "x = 1\n"),
    ]);
    let listed = |arguments: &[&str]| -> Vec<String> {
        let (_, _, report) = run(directory.path(), arguments);
        let all = report["not_read"].as_array().expect("a list").iter();
        all.map(|one| format!("{} {}", one["kind"].as_str().expect("a kind"), one["path"].as_str().expect("a path"))).collect()
    };
    assert_eq!(listed(&[]), ["values-file dev.tfvars", "values-file inputs/stage.tfvars.json", "values-file prod.tfvars"]);
    assert_eq!(listed(&["prod.tfvars"]), ["values-file dev.tfvars", "values-file inputs/stage.tfvars.json"]);
    assert_eq!(listed(&["--var-file", "dev.tfvars"]), ["values-file inputs/stage.tfvars.json", "values-file prod.tfvars"]);
    let output = kmslint(directory.path(), &["--no-config", "--strict"]);
    assert_eq!(output.code, 0, "it is not a finding: {output:#?}");
    let line = "note: 3 values files were not used: `dev.tfvars`, `inputs/stage.tfvars.json`, `prod.tfvars`; pass them to check them\n";
    assert!(output.err.contains(line), "{output:#?}");
    let output = kmslint(directory.path(), &["--no-config", "prod.tfvars", "dev.tfvars"]);
    assert!(output.err.contains("note: 1 values file was not used: `inputs/stage.tfvars.json`; pass it to check it\n"), "{output:#?}");
}

#[test]
fn hidden_automatic_values_files_are_read_in_terraforms_order() {
    for (files, mode) in [
        (vec![(".secrets.auto.tfvars", HSM)], "HSM"),
        (vec![(".auto.tfvars", HSM)], "HSM"),
        (vec![(".z.auto.tfvars.json", "{\"mode\": \"HSM\"}")], "HSM"),
        (vec![(".z.auto.tfvars", HSM), ("a.auto.tfvars", "mode = \"EXTERNAL\"\n")], "EXTERNAL"),
        (vec![("A.AUTO.TFVARS", HSM)], "SOFTWARE"),
        (vec![("a.auto.tfvars.json", "{\"mode\": \"EXTERNAL\"}"), ("a.auto.tfvars", HSM)], "EXTERNAL"),
    ] {
        let directory = scratch(&[&[("main.tf", ROOT)], files.as_slice()].concat());
        assert_eq!(run(directory.path(), &[]).1, [format!(". - {mode}")], "{files:?}");
    }
}

#[test]
fn misspelled_var_is_an_error_with_a_suggestion() {
    let directory = scratch(&[("a/main.tf", ROOT), ("b/main.tf", "variable \"region\" {}\n"), ("c/main.tf", ROOT)]);
    let (output, keys, _) = run(directory.path(), &["--var", "mdoe=HSM"]);
    assert_eq!(output.code, 2, "{output:#?}");
    assert_eq!(keys.len(), 2);
    assert!(output.err.contains("no root module declares") && output.err.contains("Did you mean `mode`?"), "{output:#?}");
    assert!(!output.err.contains("HSM"), "the value is not repeated: {output:#?}");
    // One declaration is enough, even in a root without keys.
    for arguments in [["--var", "region=x"], ["--var", "mode=HSM"]] {
        let output = run(directory.path(), &arguments).0;
        assert!(output.code < 2, "{arguments:?}: {output:#?}");
    }
    let eval = kmslint(&directory.path().join("a"), &["eval", "var.mode", "--var", "mdoe=HSM"]);
    assert_eq!(eval.code, 2, "{eval:#?}");
    assert!(eval.err.contains("Did you mean `mode`?"), "{eval:#?}");
    // Variables of a called module are not inputs.
    let called =
        scratch(&[("main.tf", "variable \"level\" {}\nmodule \"m\" {\n  source = \"./m\"\n  mode = var.level\n}\n"), ("m/main.tf", ROOT)]);
    assert_eq!(run(called.path(), &["--var", "mode=HSM"]).0.code, 2);
    // The variable may be declared in the file that does not parse.
    let broken = scratch(&[("main.tf", ROOT), ("vars.tf", "variable \"x\" {\n  default = = 1\n}\nvariable")]);
    let output = run(broken.path(), &["--var", "y=1"]).0;
    assert!(!output.err.contains("no root module declares"), "{output:#?}");
}

#[test]
fn undeclared_names_in_files_and_environment_are_accepted() {
    let directory = scratch(&[("main.tf", ROOT), ("terraform.tfvars", "region = \"x\"\n"), ("x.tfvars", "other = 1\n")]);
    let (output, keys) = run_with_env(directory.path(), &[("TF_VAR_nothing", "1")], &["--var-file", "x.tfvars"]);
    assert_eq!((output.code, keys), (0, vec![". - SOFTWARE".to_owned()]));
}

#[cfg(unix)]
#[test]
fn values_files_can_be_pipes() {
    let directory = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("c.tfvars", HSM)]);
    // Two roots read the same pipe.
    let mut piped = command(directory.path());
    piped.args(["check", "--no-config", "--format", "json", "--var-file", "/dev/stdin"]);
    piped.stdin(Stdio::from(cat(&directory.path().join("c.tfvars"))));
    let output = output_of(&mut piped);
    let report = serde_json::from_str(&output.out).expect("a report");
    assert_eq!(keys(&report), ["a - HSM", "b - HSM"], "{output:#?}");
    // `--fix` reads every input twice.
    let mut fixed = command(directory.path());
    fixed.args(["--no-config", "--format", "short", "--var-file", "/dev/stdin", "--fix", "--unsafe-fixes"]);
    fixed.stdin(Stdio::from(cat(&directory.path().join("c.tfvars"))));
    let fixed = output_of(&mut fixed);
    assert!(!fixed.err.contains("cannot read"), "{fixed:#?}");
    assert_eq!(std::fs::read_to_string(directory.path().join("c.tfvars")).expect("a file"), HSM);
}

/// A pipe with the contents of a file.
#[cfg(unix)]
fn cat(path: &Path) -> std::process::ChildStdout {
    let mut child = std::process::Command::new("cat").arg(path).stdout(Stdio::piped()).spawn().expect("cat starts");
    let out = child.stdout.take().expect("a pipe");
    child.wait().expect("cat ends");
    out
}

#[test]
fn variables_that_an_unreadable_values_file_may_set_are_unknown() {
    let two = format!("{ROOT}variable \"other\" {{\n  default = \"d\"\n}}\n");
    for (files, arguments, expected) in [
        (vec![], vec!["--var-file", "missing.tfvars"], "?"),
        (vec![], vec!["missing.tfvars"], "?"),
        (vec![], vec!["--var-file", "missing.tfvars", "--var", "mode=HSM"], "HSM"),
        (vec![], vec!["--var", "mode=HSM", "--var-file", "missing.tfvars"], "?"),
        (vec![("terraform.tfvars", "other = = 1\n")], vec![], "?"),
        (vec![("terraform.tfvars", "mode = \"HSM\"\nother = = 1\n")], vec![], "HSM"),
        (vec![("terraform.tfvars.json", "")], vec![], "?"),
        (vec![("terraform.tfvars.json", "[1]")], vec![], "?"),
        (vec![("terraform.tfvars.json", "[{\"mode\": \"HSM\"}]")], vec![], "?"),
        (vec![("terraform.tfvars.json", "\u{feff}{\"mode\": \"HSM\"}")], vec![], "?"),
        (vec![("terraform.tfvars", "mode = \"HSM\"\nmode = \"SOFTWARE\"\n")], vec![], "?"),
        (vec![("terraform.tfvars.json", "{\"mode\": \"HSM\", \"mode\": \"SOFTWARE\"}")], vec![], "?"),
        (vec![("terraform.tfvars", "other = \"a\"\nother = \"b\"\n"), ("z.auto.tfvars", HSM)], vec![], "HSM"),
        (vec![("terraform.tfvars", "mode = upper(\"hsm\")\n")], vec![], "?"),
        (vec![("x.json", "{\"mode\": \"HSM\"}"), ("x", "{\"mode\": \"HSM\"}")], vec!["--var-file", "x"], "?"),
        (vec![("x.auto.tfvars/a", "")], vec![], "?"),
        (vec![("terraform.tfvars", "mode = \"HSM\"\n"), ("x.auto.tfvars", "mode {\n}\n")], vec![], "?"),
        (vec![("x.auto.tfvars", "other {\n}\n")], vec![], "SOFTWARE"),
        (vec![("a.auto.tfvars", "x = = 1\n"), ("b.auto.tfvars", HSM)], vec![], "HSM"),
    ] {
        let directory = scratch(&[&[("main.tf", two.as_str())], files.as_slice()].concat());
        let (output, keys, _) = run(directory.path(), &arguments);
        assert_eq!(output.code, 2, "{files:?} {arguments:?}: {output:#?}");
        assert!(keys.len() == 1 && keys[0].ends_with(&format!(" {expected}")), "{files:?} {arguments:?}: {keys:?}");
    }
}

#[test]
fn invalid_utf8_is_accepted_in_comments_only() {
    for (bytes, expected, code) in [
        (&b"# caf\xe9\nmode = \"HSM\"\n"[..], "HSM", 1),
        (b"/* \xe9 */ mode = \"HSM\" // \xff\n", "HSM", 1),
        (b"mode = \"H\xe9SM\"\n", "?", 2),
        (b"x = \"\xe9\"\nmode = \"HSM\"\n", "?", 2),
        (b"\xff\xfem\0o\0", "?", 2),
    ] {
        let directory = scratch(&[("main.tf", ROOT)]);
        std::fs::write(directory.path().join("terraform.tfvars"), bytes).expect("a file");
        let (output, keys, _) = run(directory.path(), &[]);
        assert_eq!((keys, output.code), (vec![format!(". - {expected}")], code), "{bytes:?}: {output:#?}");
    }
}

#[test]
fn problems_in_a_values_file_of_several_roots_are_reported_once() {
    let text = "# kmslint-ignore[OCI-KMS-004] contract\n# kmslint: ignore[OCI-KMS-004] contract\nmode = \"HSM\"\nx = = 1\n";
    let directory = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("c.tfvars", text)]);
    let (output, keys, report) = run(directory.path(), &["--var-file", "c.tfvars"]);
    assert_eq!(keys, ["a - HSM", "b - HSM"]);
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(2), "{output:#?}");
}

#[test]
fn missing_values_file_is_reported_with_the_most_similar_name() {
    let directory = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM)]);
    for arguments in [vec!["prdo.tfvars"], vec!["--var-file", "prdo.tfvars"]] {
        let (output, ..) = run(directory.path(), &arguments);
        assert!(output.code == 2 && output.err.contains("Did you mean `prod.tfvars`?"), "{output:#?}");
    }
}

#[test]
fn passed_values_file_can_have_any_spelling_of_its_path() {
    let directory = scratch(&[("r/main.tf", ROOT), ("r/my prod.tfvars", HSM), ("r/.hidden.tfvars", HSM)]);
    let absolute = directory.path().join("r/my prod.tfvars").display().to_string();
    for path in ["r/my prod.tfvars", "./r/../r/my prod.tfvars", absolute.as_str()] {
        assert_eq!(run(directory.path(), &[path]).1, ["r my prod.tfvars HSM"], "{path}");
    }
    assert_eq!(run(directory.path(), &["r/.hidden.tfvars"]).1, ["r .hidden.tfvars HSM"]);
    assert_eq!(run(directory.path(), &["my prod.tfvars", "--chdir", "r"]).1, [". my prod.tfvars HSM"]);
    assert_eq!(run(directory.path(), &["r/my prod.tfvars", "./r/my prod.tfvars"]).1, ["r my prod.tfvars HSM"], "once");
}

#[cfg(unix)]
#[test]
fn passed_link_to_a_values_file_belongs_to_the_directory_of_the_link() {
    let directory = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("b/prod.tfvars", HSM)]);
    std::os::unix::fs::symlink("../b/prod.tfvars", directory.path().join("a/prod.tfvars")).expect("a link");
    assert_eq!(run(directory.path(), &["a/prod.tfvars"]).1, ["a prod.tfvars HSM"]);
}

#[test]
fn root_with_passed_values_is_not_checked_as_a_module_without_a_caller() {
    let text = format!(
        "variable \"keys\" {{\n  default = {{}}\n}}\n{}",
        ROOT.replace("  compartment_id", "  for_each = var.keys\n  compartment_id")
    );
    let directory = scratch(&[("main.tf", &text), ("none.tfvars", HSM)]);
    assert_eq!(run(directory.path(), &["none.tfvars"]).1, [""; 0], "no instances, no key");
    assert_eq!(run(directory.path(), &["."]).1.len(), 1, "a module without a caller is checked for what callers would get");
}

#[test]
fn arguments_in_terraforms_environment_variables_apply() {
    let directory = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM)]);
    for (env, arguments, expected) in [
        (vec![("TF_CLI_ARGS_plan", "-var-file=prod.tfvars")], vec![], "HSM"),
        (vec![("TF_CLI_ARGS", "-input=false -var-file prod.tfvars")], vec![], "HSM"),
        (vec![("TF_CLI_ARGS_plan", "-var-file=prod.tfvars"), ("TF_CLI_ARGS", "--var 'mode=EXTERNAL'")], vec![], "EXTERNAL"),
        (vec![("TF_CLI_ARGS", "-var-file=prod.tfvars"), ("TF_CLI_ARGS_plan", "-var mode=EXTERNAL")], vec![], "HSM"),
        (vec![("TF_CLI_ARGS", "-var-file=prod.tfvars")], vec!["--var", "mode=EXTERNAL"], "EXTERNAL"),
        (vec![("TF_CLI_ARGS_plan", "-var mode=HSM"), ("TF_VAR_mode", "EXTERNAL")], vec![], "HSM"),
        (vec![("TF_CLI_ARGS_apply", "-var mode=HSM")], vec![], "SOFTWARE"),
        (vec![("TF_CLI_ARGS_plan", "")], vec![], "SOFTWARE"),
    ] {
        assert_eq!(run_with_env(directory.path(), &env, &arguments).1, [format!(". - {expected}")], "{env:?} {arguments:?}");
    }
    for text in ["-var 'mode=HSM", "-var mode", "-var"] {
        let (output, _) = run_with_env(directory.path(), &[("TF_CLI_ARGS_plan", text)], &[]);
        assert_eq!(output.code, 2, "{text}");
        assert!(output.err.contains("TF_CLI_ARGS_plan"), "{output:#?}");
    }
    let (output, _) = run_with_env(directory.path(), &[("TF_CLI_ARGS", "-var mdoe=HSM")], &[]);
    assert!(output.code == 2 && output.err.contains("`TF_CLI_ARGS` sets `mdoe`"), "{output:#?}");
}

#[test]
fn terraforms_spelling_of_options_is_accepted() {
    let directory = scratch(&[("r/main.tf", ROOT), ("r/prod.tfvars", HSM)]);
    assert_eq!(run(&directory.path().join("r"), &["-var-file=prod.tfvars"]).1, [". - HSM"]);
    assert_eq!(run(&directory.path().join("r"), &["-var-file", "prod.tfvars", "-var", "mode=EXTERNAL"]).1, [". - EXTERNAL"]);
    let all = ["-chdir=r", "--no-config", "--format", "short", "-var-file=prod.tfvars"];
    assert!(kmslint(directory.path(), &all).out.contains("OCI-KMS-004"));
    let eval = kmslint(directory.path(), &["-chdir=r", "eval", "var.mode", "-var", "mode=HSM"]);
    assert_eq!(eval.out, "{\"value\":\"HSM\"}\n", "{eval:#?}");
}

#[test]
fn cloud_block_selects_the_workspace() {
    let with = |settings: &str| {
        format!("{settings}\n{}", ROOT.replace("= var.mode", "= terraform.workspace == \"prod\" ? \"HSM\" : \"SOFTWARE\""))
    };
    let cloud = |workspaces: &str| with(&format!("terraform {{\n  cloud {{\n    {workspaces}\n  }}\n}}"));
    let selected = (".terraform/environment", "prod\n");
    for (text, more, env, arguments, expected) in [
        (cloud("workspaces {\n name = \"prod\"\n}"), None, "", vec![], "HSM"),
        (cloud("workspaces {\n name = \"${\"pr\"}od\"\n}"), None, "", vec![], "HSM"),
        (cloud("workspaces {\n name = \"dev\"\n}"), None, "", vec![], "SOFTWARE"),
        (cloud("workspaces {\n name = \"dev\"\n}"), Some(selected), "", vec![], "SOFTWARE"),
        (cloud("workspaces {\n name = \"dev\"\n}"), None, "", vec!["--workspace", "prod"], "HSM"),
        (cloud("workspaces {\n name = \"prod\"\n}"), None, "prod", vec![], "HSM"),
        (cloud("workspaces {\n tags = [\"a\"]\n}"), None, "", vec![], "?"),
        (cloud("workspaces {\n tags = [\"a\"]\n}"), None, "prod", vec![], "HSM"),
        (cloud("workspaces {\n tags = [\"a\"]\n}"), Some(selected), "", vec![], "HSM"),
        (cloud("organization = \"o\""), None, "", vec![], "?"),
        (cloud("workspaces {\n name = var.mode\n}"), None, "", vec![], "?"),
        (with("terraform {\n backend \"remote\" {\n workspaces {\n prefix = \"app-\"\n}\n}\n}"), None, "", vec![], "?"),
        (with("terraform {\n backend \"remote\" {\n workspaces {\n prefix = \"app-\"\n}\n}\n}"), Some(selected), "", vec![], "HSM"),
        (with("terraform {\n backend \"remote\" {\n workspaces {\n name = \"prod\"\n}\n}\n}"), None, "", vec![], "SOFTWARE"),
        (with("terraform {\n backend \"s3\" {}\n}"), Some(selected), "", vec![], "HSM"),
        (with(""), None, "prod", vec![], "HSM"),
        (with(""), Some((".terraform/environment", "../../etc/passwd")), "", vec![], "?"),
        (with(""), None, "", vec![], "SOFTWARE"),
    ] {
        let directory = scratch(&[&[("main.tf", text.as_str())], more.as_slice()].concat());
        let (output, keys) = run_with_env(directory.path(), &[("TF_WORKSPACE", env)], &arguments);
        assert_eq!(keys, [format!(". - {expected}")], "{text} {more:?} {env}: {output:#?}");
        assert!(output.code < 2, "{output:#?}");
    }
    let override_file = ("z_override.tf", "terraform {\n  cloud {\n    workspaces {\n      name = \"prod\"\n    }\n  }\n}\n");
    let text = with("terraform {\n backend \"s3\" {}\n}");
    assert_eq!(run(scratch(&[("main.tf", &text), override_file]).path(), &[]).1, [". - HSM"]);
    let json = ("cloud.tf.json", "{\"terraform\": {\"cloud\": {\"workspaces\": {\"name\": \"prod\"}}}}");
    assert_eq!(run(scratch(&[("main.tf", &with("")), json]).path(), &[]).1, [". - HSM"]);
    let both = scratch(&[("main.tf", &cloud("workspaces {\n name = \"dev\"\n}"))]);
    let (output, keys) = run_with_env(both.path(), &[("TF_WORKSPACE", "prod")], &[]);
    assert_eq!((output.code, keys), (2, vec![". - ?".to_owned()]), "{output:#?}");
    assert!(output.err.contains("`TF_WORKSPACE` selects") && output.err.contains("main.tf"), "{output:#?}");
}

#[test]
fn variable_marked_sensitive_by_any_constant_expression_is_not_shown() {
    for flag in ["(true)", "!false", "\"${true}\"", "\"1\"", "1 == 1", "var.x"] {
        let text = ROOT.replace("default = \"SOFTWARE\"", &format!("default = \"SECRETMODE\"\n  sensitive = {flag}"));
        let directory = scratch(&[("main.tf", &text)]);
        for format in ["human", "json", "short"] {
            let output = kmslint(directory.path(), &["--no-config", "--format", format]);
            let values = output.out.lines().filter(|line| !line.contains("default =")).collect::<String>();
            assert!(!values.contains("SECRETMODE"), "{flag} {format}: {output:#?}");
        }
    }
}

#[test]
fn arguments_without_effect_are_rejected() {
    let directory = scratch(&[("main.tf", ROOT), ("terraform.tfstate", "{\"version\": 4, \"resources\": []}")]);
    for (arguments, words) in [
        (vec!["--changed-only"], "--changed-only"),
        (vec!["--changed-only", "terraform.tfstate"], "--changed-only"),
        (vec!["--source", "nowhere", "terraform.tfstate"], "no such directory"),
        (vec!["--source", "main.tf", "terraform.tfstate"], "no such directory"),
        (vec!["--source", "."], "without a plan or a state"),
        (vec!["nowhere"], "nowhere"),
        (vec!["nowhere/main.tf"], "nowhere/main.tf"),
        (vec!["eval", "1", "--chdir", "nowhere"], "nowhere"),
        (vec!["--chdir", "nowhere"], "nowhere"),
    ] {
        let output = kmslint(directory.path(), &arguments);
        assert_eq!(output.code, 2, "{arguments:?}: {output:#?}");
        assert!(output.err.contains(words), "{arguments:?}: {output:#?}");
    }
    assert_eq!(kmslint(directory.path(), &["--no-config", "--source", ".", "terraform.tfstate"]).code, 0);
}

#[test]
fn misspelled_exemption_is_a_problem() {
    let hsm = ROOT.replace("= var.mode", "= \"HSM\" # kmslint-ignore[OCI-KMS-004] contract");
    let directory = scratch(&[("main.tf", &hsm)]);
    let output = kmslint(directory.path(), &["--no-config", "--format", "short"]);
    assert_eq!(output.code, 2, "{output:#?}");
    assert!(output.out.contains("OCI-KMS-004"), "it exempts nothing: {output:#?}");
    assert!(output.err.contains("`kmslint-ignore` has no effect") && output.err.contains("Write `kmslint: ignore["), "{output:#?}");
    // Values files, too, where only the correct spelling applies.
    let directory = scratch(&[("main.tf", ROOT), ("prod.tfvars", "# KMSLINT: ignore[OCI-KMS-004] contract\nmode = \"HSM\"\n")]);
    let output = kmslint(directory.path(), &["--no-config", "prod.tfvars"]);
    assert!(output.code == 2 && output.err.contains("prod.tfvars"), "{output:#?}");
}
