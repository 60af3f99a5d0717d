//! Where the values of root variables come from: Terraform's files, its environment, its spelling, and values files that are passed.

use crate::harness::{Said, chosen, command, formats, kmslint, report, said, scratch};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;

/// A root module whose key has the mode that `var.mode` says.
const ROOT: &str = "variable \"mode\" {\n  default = \"SOFTWARE\"\n}\nresource \"oci_kms_key\" \"k\" {\n  compartment_id = \"c\"\n  \
                    display_name = \"d\"\n  management_endpoint = \"e\"\n  key_shape {\n    algorithm = \"AES\"\n    length = 32\n  }\n  \
                    protection_mode = var.mode\n  is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    \
                    rotation_interval_in_days = 90\n  }\n}\n";
const HSM: &str = "mode = \"HSM\"\n";

/// Each key of a report: root, values file, mode. A mode that is unknown is `?`.
fn keys(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let key = |key: &Value| {
        let mode = &key["protection_mode"];
        let mode = if mode["claim"] == "unknown" { "?".to_owned() } else { text(&mode["value"]) };
        format!("{} {} {mode}", text(&key["root"]), text(&key["inputs"]))
    };
    report["keys"].as_array().expect("keys").iter().map(key).collect()
}

fn run(folder: &Path, arguments: &[&str]) -> (Said, Vec<String>, Value) {
    let (said, report) = report(folder, &[&["--no-config"], arguments].concat());
    (said, keys(&report), report)
}

/// The JSON report of a command that has an environment.
fn with_env(folder: &Path, env: &[(&str, &str)], arguments: &[&str]) -> (Said, Vec<String>) {
    let mut command = command(folder);
    command.args(chosen(&["check", "--no-config", "--format", "json"])).args(arguments).envs(env.iter().copied());
    let said = said(&mut command);
    let keys = serde_json::from_str(&said.out).map(|report| keys(&report)).unwrap_or_default();
    (said, keys)
}

#[test]
fn passed_values_file_is_a_run_of_its_root() {
    let folder = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM), ("dev.tfvars.json", "{\"mode\": \"EXTERNAL\"}")]);
    let (said, keys, report) = run(folder.path(), &["prod.tfvars"]);
    assert_eq!(keys, [". prod.tfvars HSM"]);
    assert_eq!(said.code, 1);
    let reference = serde_json::json!({ "root": ".", "inputs": "prod.tfvars", "address": "oci_kms_key.k" });
    assert_eq!(report["findings"][0]["keys"], serde_json::json!([reference]));
    let (_, keys, _) = run(folder.path(), &["prod.tfvars", "dev.tfvars.json"]);
    assert_eq!(keys, [". dev.tfvars.json EXTERNAL", ". prod.tfvars HSM"]);
    let (_, keys, _) = run(folder.path(), &["main.tf", "prod.tfvars"]);
    assert_eq!(keys, [". - SOFTWARE", ". prod.tfvars HSM"], "the configuration was passed, too");
    let (_, keys, _) = run(folder.path(), &[".", "prod.tfvars"]);
    assert_eq!(keys, [". - SOFTWARE", ". prod.tfvars HSM"]);
}

#[test]
fn passed_values_file_takes_its_place_among_the_options() {
    let folder = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM), ("all.tfvars", "mode = \"EXTERNAL\"\n")]);
    assert_eq!(run(folder.path(), &["--var-file", "all.tfvars", "prod.tfvars"]).1, [". prod.tfvars HSM"]);
    assert_eq!(run(folder.path(), &["prod.tfvars", "--var-file", "all.tfvars"]).1, [". prod.tfvars EXTERNAL"]);
    assert_eq!(run(folder.path(), &["prod.tfvars", "--var", "mode=EXTERNAL"]).1, [". prod.tfvars EXTERNAL"]);
}

#[test]
fn values_file_that_terraform_reads_by_itself_makes_no_further_run() {
    let folder = scratch(&[("main.tf", ROOT), ("terraform.tfvars", HSM), ("b.auto.tfvars", "mode = \"EXTERNAL\"\n")]);
    for file in ["terraform.tfvars", "b.auto.tfvars"] {
        assert_eq!(run(folder.path(), &[file]).1, [". - EXTERNAL"], "{file}");
    }
    // In another directory it is like any other.
    let folder = scratch(&[(".git/HEAD", ""), ("main.tf", ROOT), ("env/terraform.tfvars", HSM)]);
    assert_eq!(run(folder.path(), &["env/terraform.tfvars"]).1, [". env/terraform.tfvars HSM"]);
}

#[test]
fn root_of_a_values_file_elsewhere_is_the_one_that_declares_its_variables() {
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
        let folder = scratch(&files);
        if git {
            std::fs::create_dir(folder.path().join(".git")).expect("a directory");
        }
        assert_eq!(run(folder.path(), &["infra/inputs/prod.tfvars"]).1, ["infra inputs/prod.tfvars HSM"], "the one above");
        assert_eq!(run(folder.path(), &["env/prod.tfvars"]).1, ["infra ../env/prod.tfvars HSM"], "a sibling");
        let (said, keys, report) = run(folder.path(), &["unknown/a.tfvars"]);
        assert_eq!((said.code, keys.len()), (0, 0), "{said:#?}");
        assert_eq!(report["not_read"][0]["path"], "unknown/a.tfvars");
        assert!(said.err.contains("unknown/a.tfvars") && said.err.contains("--var-file"), "{said:#?}");
        assert_eq!(run(folder.path(), &["unknown/a.tfvars", "--strict"]).0.code, 1);
        assert!(run(folder.path(), &["unknown/a.tfvars", "--quiet"]).0.err.contains("unknown/a.tfvars"));
    }
    let inside = scratch(&files);
    assert_eq!(run(&inside.path().join("infra/inputs"), &["prod.tfvars"]).1, [".. inputs/prod.tfvars HSM"]);
}

#[test]
fn several_roots_that_could_be_meant_are_named() {
    let folder = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("env/prod.tfvars", HSM)]);
    let (said, keys, report) = run(folder.path(), &["env/prod.tfvars"]);
    assert!(keys.is_empty(), "{keys:?}");
    let why = report["not_read"][0]["why"].as_str().expect("a reason");
    assert!(why.contains("`a`") && why.contains("`b`"), "{why}");
    assert_eq!((said.code, run(folder.path(), &["env/prod.tfvars", "--strict"]).0.code), (0, 1));
}

#[test]
fn values_file_of_a_called_module_checks_that_module() {
    let folder = scratch(&[("main.tf", "module \"m\" {\n  source = \"./keys\"\n}\n"), ("keys/main.tf", ROOT), ("keys/prod.tfvars", HSM)]);
    assert_eq!(run(folder.path(), &["keys/prod.tfvars"]).1, ["keys prod.tfvars HSM"]);
    assert_eq!(run(folder.path(), &["."]).1, [". - SOFTWARE"]);
}

#[test]
fn fingerprints_distinguish_the_values_file_and_nothing_else_changes() {
    let folder = scratch(&[("main.tf", ROOT), ("dev.tfvars", HSM), ("prod.tfvars", HSM)]);
    let prints = |arguments: &[&str]| -> Vec<Value> {
        let (.., report) = run(folder.path(), arguments);
        let findings = report["findings"].as_array().expect("findings").iter();
        findings.flat_map(|finding| finding["fingerprints"].as_array().expect("fingerprints").clone()).collect()
    };
    let plain = prints(&["--var-file", "prod.tfvars"]);
    let both = prints(&["dev.tfvars", "prod.tfvars"]);
    assert_eq!(both.len(), 2, "one finding at the line of each values file");
    assert_ne!(both[0], both[1]);
    assert_eq!(prints(&["prod.tfvars"])[0], both[1], "the same run alone");
    assert!(plain[0] != both[0] && plain[0] != both[1]);
    // A baseline of one set of inputs does not hold for another.
    assert_eq!(kmslint(folder.path(), &["--no-config", "dev.tfvars", "--write-baseline", "b.json"]).code, 0);
    assert_eq!(kmslint(folder.path(), &["--no-config", "dev.tfvars", "--baseline", "b.json"]).code, 0);
    assert_eq!(kmslint(folder.path(), &["--no-config", "prod.tfvars", "--baseline", "b.json"]).code, 1);
}

#[test]
fn every_format_names_the_values_file() {
    let folder = scratch(&[("main.tf", ROOT), ("dev.tfvars", HSM), ("prod.tfvars", HSM)]);
    for format in ["human", "sarif", "json", "junit"] {
        let said = kmslint(folder.path(), &["--no-config", "dev.tfvars", "prod.tfvars", "--format", format]);
        assert!(said.out.contains("dev.tfvars") && said.out.contains("prod.tfvars"), "{format}: {said:#?}");
    }
    // JSON and CSV have the values file in a field of its own.
    for format in formats().filter(|format| !["json", "csv"].contains(format)) {
        let said = kmslint(folder.path(), &["--no-config", "prod.tfvars", "--format", format]);
        assert!(said.out.contains("oci_kms_key.k (prod.tfvars)"), "{format}: {said:#?}");
    }
}

#[test]
fn values_files_that_no_run_used_are_listed_once() {
    let folder = scratch(&[
        ("main.tf", ROOT),
        ("dev.tfvars", HSM),
        ("prod.tfvars", HSM),
        ("inputs/stage.tfvars.json", "{}"),
        ("a.auto.tfvars", ""),
        ("other/main.tf", "variable \"x\" {}\n"),
        ("other/x.tfvars", "x = 1\n"),
    ]);
    let listed = |arguments: &[&str]| -> Vec<String> {
        let (_, _, report) = run(folder.path(), arguments);
        let all = report["not_read"].as_array().expect("a list").iter();
        all.map(|one| format!("{} {}", one["kind"].as_str().expect("a kind"), one["path"].as_str().expect("a path"))).collect()
    };
    assert_eq!(listed(&[]), ["values-file dev.tfvars", "values-file inputs/stage.tfvars.json", "values-file prod.tfvars"]);
    assert_eq!(listed(&["prod.tfvars"]), ["values-file dev.tfvars", "values-file inputs/stage.tfvars.json"]);
    assert_eq!(listed(&["--var-file", "dev.tfvars"]), ["values-file inputs/stage.tfvars.json", "values-file prod.tfvars"]);
    let said = kmslint(folder.path(), &["--no-config", "--strict"]);
    assert_eq!(said.code, 0, "it is no finding: {said:#?}");
    let line = "note: 3 values files were not used: `dev.tfvars`, `inputs/stage.tfvars.json`, `prod.tfvars`; pass them to check them\n";
    assert!(said.err.contains(line), "{said:#?}");
    let said = kmslint(folder.path(), &["--no-config", "prod.tfvars", "dev.tfvars"]);
    assert!(said.err.contains("note: 1 values file was not used: `inputs/stage.tfvars.json`; pass it to check it\n"), "{said:#?}");
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
        let folder = scratch(&[&[("main.tf", ROOT)], files.as_slice()].concat());
        assert_eq!(run(folder.path(), &[]).1, [format!(". - {mode}")], "{files:?}");
    }
}

#[test]
fn misspelled_var_is_an_error_with_a_suggestion() {
    let folder = scratch(&[("a/main.tf", ROOT), ("b/main.tf", "variable \"region\" {}\n"), ("c/main.tf", ROOT)]);
    let (said, keys, _) = run(folder.path(), &["--var", "mdoe=HSM"]);
    assert_eq!(said.code, 2, "{said:#?}");
    assert_eq!(keys.len(), 2);
    assert!(said.err.contains("no root module declares") && said.err.contains("Did you mean `mode`?"), "{said:#?}");
    assert!(!said.err.contains("HSM"), "the value is not repeated: {said:#?}");
    // Some root declares it: one without keys, or one of several.
    for arguments in [["--var", "region=x"], ["--var", "mode=HSM"]] {
        let said = run(folder.path(), &arguments).0;
        assert!(said.code < 2, "{arguments:?}: {said:#?}");
    }
    let eval = kmslint(&folder.path().join("a"), &["eval", "var.mode", "--var", "mdoe=HSM"]);
    assert_eq!(eval.code, 2, "{eval:#?}");
    assert!(eval.err.contains("Did you mean `mode`?"), "{eval:#?}");
    // What a module that is called declares is no input.
    let called =
        scratch(&[("main.tf", "variable \"level\" {}\nmodule \"m\" {\n  source = \"./m\"\n  mode = var.level\n}\n"), ("m/main.tf", ROOT)]);
    assert_eq!(run(called.path(), &["--var", "mode=HSM"]).0.code, 2);
    // It may be declared in a file that does not parse.
    let broken = scratch(&[("main.tf", ROOT), ("vars.tf", "variable \"x\" {\n  default = = 1\n}\nvariable")]);
    let said = run(broken.path(), &["--var", "y=1"]).0;
    assert!(!said.err.contains("no root module declares"), "{said:#?}");
}

#[test]
fn undeclared_names_in_files_and_environment_are_no_errors() {
    let folder = scratch(&[("main.tf", ROOT), ("terraform.tfvars", "region = \"x\"\n"), ("x.tfvars", "other = 1\n")]);
    let (said, keys) = with_env(folder.path(), &[("TF_VAR_nothing", "1")], &["--var-file", "x.tfvars"]);
    assert_eq!((said.code, keys), (0, vec![". - SOFTWARE".to_owned()]));
}

#[cfg(unix)]
#[test]
fn values_come_through_pipes_that_the_user_names() {
    let folder = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("c.tfvars", HSM)]);
    // Two roots read the same pipe.
    let mut piped = command(folder.path());
    piped.args(["check", "--no-config", "--format", "json", "--var-file", "/dev/stdin"]);
    piped.stdin(Stdio::from(cat(&folder.path().join("c.tfvars"))));
    let said = said(&mut piped);
    let report = serde_json::from_str(&said.out).expect("a report");
    assert_eq!(keys(&report), ["a - HSM", "b - HSM"], "{said:#?}");
    // `--fix` reads everything twice.
    let mut fixed = command(folder.path());
    fixed.args(["--no-config", "--format", "short", "--var-file", "/dev/stdin", "--fix", "--unsafe-fixes"]);
    fixed.stdin(Stdio::from(cat(&folder.path().join("c.tfvars"))));
    let fixed = crate::harness::said(&mut fixed);
    assert!(!fixed.err.contains("cannot read"), "{fixed:#?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("c.tfvars")).expect("a file"), HSM);
}

/// A pipe that brings a file's text.
#[cfg(unix)]
fn cat(path: &Path) -> std::process::ChildStdout {
    let mut child = std::process::Command::new("cat").arg(path).stdout(Stdio::piped()).spawn().expect("cat starts");
    let out = child.stdout.take().expect("a pipe");
    child.wait().expect("cat ends");
    out
}

#[test]
fn what_an_unreadable_values_file_may_set_is_unknown() {
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
        let folder = scratch(&[&[("main.tf", two.as_str())], files.as_slice()].concat());
        let (said, keys, _) = run(folder.path(), &arguments);
        assert_eq!(said.code, 2, "{files:?} {arguments:?}: {said:#?}");
        assert!(keys.len() == 1 && keys[0].ends_with(&format!(" {expected}")), "{files:?} {arguments:?}: {keys:?}");
    }
}

#[test]
fn bytes_that_are_not_text_matter_outside_of_comments_only() {
    for (bytes, expected, code) in [
        (&b"# caf\xe9\nmode = \"HSM\"\n"[..], "HSM", 1),
        (b"/* \xe9 */ mode = \"HSM\" // \xff\n", "HSM", 1),
        (b"mode = \"H\xe9SM\"\n", "?", 2),
        (b"x = \"\xe9\"\nmode = \"HSM\"\n", "?", 2),
        (b"\xff\xfem\0o\0", "?", 2),
    ] {
        let folder = scratch(&[("main.tf", ROOT)]);
        std::fs::write(folder.path().join("terraform.tfvars"), bytes).expect("a file");
        let (said, keys, _) = run(folder.path(), &[]);
        assert_eq!((keys, said.code), (vec![format!(". - {expected}")], code), "{bytes:?}: {said:#?}");
    }
}

#[test]
fn what_is_wrong_in_a_values_file_of_several_roots_is_reported_once() {
    let text = "# kmslint-ignore[OCI-KMS-004] contract\n# kmslint: ignore[OCI-KMS-004] contract\nmode = \"HSM\"\nx = = 1\n";
    let folder = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("c.tfvars", text)]);
    let (said, keys, report) = run(folder.path(), &["--var-file", "c.tfvars"]);
    assert_eq!(keys, ["a - HSM", "b - HSM"]);
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(2), "{said:#?}");
}

#[test]
fn missing_values_file_is_told_by_its_nearest_name() {
    let folder = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM)]);
    for arguments in [vec!["prdo.tfvars"], vec!["--var-file", "prdo.tfvars"]] {
        let (said, ..) = run(folder.path(), &arguments);
        assert!(said.code == 2 && said.err.contains("Did you mean `prod.tfvars`?"), "{said:#?}");
    }
}

#[test]
fn passed_values_file_may_be_named_in_any_way() {
    let folder = scratch(&[("r/main.tf", ROOT), ("r/my prod.tfvars", HSM), ("r/.hidden.tfvars", HSM)]);
    let absolute = folder.path().join("r/my prod.tfvars").display().to_string();
    for path in ["r/my prod.tfvars", "./r/../r/my prod.tfvars", absolute.as_str()] {
        assert_eq!(run(folder.path(), &[path]).1, ["r my prod.tfvars HSM"], "{path}");
    }
    assert_eq!(run(folder.path(), &["r/.hidden.tfvars"]).1, ["r .hidden.tfvars HSM"]);
    assert_eq!(run(folder.path(), &["my prod.tfvars", "--chdir", "r"]).1, [". my prod.tfvars HSM"]);
    assert_eq!(run(folder.path(), &["r/my prod.tfvars", "./r/my prod.tfvars"]).1, ["r my prod.tfvars HSM"], "once");
}

#[cfg(unix)]
#[test]
fn passed_link_to_a_values_file_belongs_to_where_the_link_is() {
    let folder = scratch(&[("a/main.tf", ROOT), ("b/main.tf", ROOT), ("b/prod.tfvars", HSM)]);
    std::os::unix::fs::symlink("../b/prod.tfvars", folder.path().join("a/prod.tfvars")).expect("a link");
    assert_eq!(run(folder.path(), &["a/prod.tfvars"]).1, ["a prod.tfvars HSM"]);
}

#[test]
fn root_with_passed_values_has_no_caller_that_could_give_others() {
    let text = format!(
        "variable \"keys\" {{\n  default = {{}}\n}}\n{}",
        ROOT.replace("  compartment_id", "  for_each = var.keys\n  compartment_id")
    );
    let folder = scratch(&[("main.tf", &text), ("none.tfvars", HSM)]);
    assert_eq!(run(folder.path(), &["none.tfvars"]).1, [""; 0], "zero instances are no key");
    assert_eq!(run(folder.path(), &["."]).1.len(), 1, "a library is checked by what its caller would get");
}

#[test]
fn arguments_that_terraform_gets_from_its_environment_count() {
    let folder = scratch(&[("main.tf", ROOT), ("prod.tfvars", HSM)]);
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
        assert_eq!(with_env(folder.path(), &env, &arguments).1, [format!(". - {expected}")], "{env:?} {arguments:?}");
    }
    for text in ["-var 'mode=HSM", "-var mode", "-var"] {
        let (said, _) = with_env(folder.path(), &[("TF_CLI_ARGS_plan", text)], &[]);
        assert_eq!(said.code, 2, "{text}");
        assert!(said.err.contains("TF_CLI_ARGS_plan"), "{said:#?}");
    }
    let (said, _) = with_env(folder.path(), &[("TF_CLI_ARGS", "-var mdoe=HSM")], &[]);
    assert!(said.code == 2 && said.err.contains("`TF_CLI_ARGS` sets `mdoe`"), "{said:#?}");
}

#[test]
fn terraforms_spelling_of_options_is_accepted() {
    let folder = scratch(&[("r/main.tf", ROOT), ("r/prod.tfvars", HSM)]);
    assert_eq!(run(&folder.path().join("r"), &["-var-file=prod.tfvars"]).1, [". - HSM"]);
    assert_eq!(run(&folder.path().join("r"), &["-var-file", "prod.tfvars", "-var", "mode=EXTERNAL"]).1, [". - EXTERNAL"]);
    let all = ["-chdir=r", "--no-config", "--format", "short", "-var-file=prod.tfvars"];
    assert!(kmslint(folder.path(), &all).out.contains("OCI-KMS-004"));
    let eval = kmslint(folder.path(), &["-chdir=r", "eval", "var.mode", "-var", "mode=HSM"]);
    assert_eq!(eval.out, "{\"value\":\"HSM\"}\n", "{eval:#?}");
}

#[test]
fn workspace_is_the_one_that_the_cloud_block_names() {
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
        let folder = scratch(&[&[("main.tf", text.as_str())], more.as_slice()].concat());
        let (said, keys) = with_env(folder.path(), &[("TF_WORKSPACE", env)], &arguments);
        assert_eq!(keys, [format!(". - {expected}")], "{text} {more:?} {env}: {said:#?}");
        assert!(said.code < 2, "{said:#?}");
    }
    let override_file = ("z_override.tf", "terraform {\n  cloud {\n    workspaces {\n      name = \"prod\"\n    }\n  }\n}\n");
    let text = with("terraform {\n backend \"s3\" {}\n}");
    assert_eq!(run(scratch(&[("main.tf", &text), override_file]).path(), &[]).1, [". - HSM"]);
    let json = ("cloud.tf.json", "{\"terraform\": {\"cloud\": {\"workspaces\": {\"name\": \"prod\"}}}}");
    assert_eq!(run(scratch(&[("main.tf", &with("")), json]).path(), &[]).1, [". - HSM"]);
    let both = scratch(&[("main.tf", &cloud("workspaces {\n name = \"dev\"\n}"))]);
    let (said, keys) = with_env(both.path(), &[("TF_WORKSPACE", "prod")], &[]);
    assert_eq!((said.code, keys), (2, vec![". - ?".to_owned()]), "{said:#?}");
    assert!(said.err.contains("`TF_WORKSPACE` selects") && said.err.contains("main.tf"), "{said:#?}");
}

#[test]
fn sensitive_by_any_constant_expression_is_not_shown() {
    for flag in ["(true)", "!false", "\"${true}\"", "\"1\"", "1 == 1", "var.x"] {
        let text = ROOT.replace("default = \"SOFTWARE\"", &format!("default = \"SECRETMODE\"\n  sensitive = {flag}"));
        let folder = scratch(&[("main.tf", &text)]);
        for format in ["human", "json", "short"] {
            let said = kmslint(folder.path(), &["--no-config", "--format", format]);
            let values = said.out.lines().filter(|line| !line.contains("default =")).collect::<String>();
            assert!(!values.contains("SECRETMODE"), "{flag} {format}: {said:#?}");
        }
    }
}

#[test]
fn arguments_without_effect_are_refused() {
    let folder = scratch(&[("main.tf", ROOT), ("terraform.tfstate", "{\"version\": 4, \"resources\": []}")]);
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
        let said = kmslint(folder.path(), &arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {said:#?}");
        assert!(said.err.contains(words), "{arguments:?}: {said:#?}");
    }
    assert_eq!(kmslint(folder.path(), &["--no-config", "--source", ".", "terraform.tfstate"]).code, 0);
}

#[test]
fn exemption_in_another_spelling_is_a_problem() {
    let hsm = ROOT.replace("= var.mode", "= \"HSM\" # kmslint-ignore[OCI-KMS-004] contract");
    let folder = scratch(&[("main.tf", &hsm)]);
    let said = kmslint(folder.path(), &["--no-config", "--format", "short"]);
    assert_eq!(said.code, 2, "{said:#?}");
    assert!(said.out.contains("OCI-KMS-004"), "it exempts nothing: {said:#?}");
    assert!(said.err.contains("`kmslint-ignore` has no effect") && said.err.contains("Write `kmslint: ignore["), "{said:#?}");
    // In values files, too, where the right spelling holds.
    let folder = scratch(&[("main.tf", ROOT), ("prod.tfvars", "# KMSLINT: ignore[OCI-KMS-004] contract\nmode = \"HSM\"\n")]);
    let said = kmslint(folder.path(), &["--no-config", "prod.tfvars"]);
    assert!(said.code == 2 && said.err.contains("prod.tfvars"), "{said:#?}");
}
