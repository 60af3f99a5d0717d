//! Which modules and roots exist according to the parsed structure; what is missing or was not read is reported.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use super::harness::{kmslint, report, scratch};
use serde_json::Value;
use std::path::Path;

const OCI: &str = "provider \"oci\" {}\n";

/// A module with one key, whose mode is `var.mode`, which is SOFTWARE by default.
const MODULE: &str = "resource \"oci_kms_key\" \"k\" {\n  display_name        = path.module\n  management_endpoint = \"e\"\n  protection_mode     = var.mode\n}\nvariable \"mode\" {\n  default = \"SOFTWARE\"\n}\n";

fn call(name: &str, source: &str) -> String {
    format!("module \"{name}\" {{\n  source = {source}\n  mode   = \"HSM\"\n}}\n")
}

/// The keys of a report, as `root address mode`. An unknown mode is `?`.
fn keys(report: &Value) -> Vec<String> {
    let keys = report["keys"].as_array().expect("keys");
    keys.iter()
        .map(|key| {
            let mode = key["protection_mode"]["value"].as_str().unwrap_or("?");
            format!("{} {} {mode}", key["root"].as_str().expect("a root"), key["address"].as_str().expect("an address"))
        })
        .collect()
}

fn texts(report: &Value, list: &str, field: &str) -> Vec<String> {
    let list = report[list].as_array().unwrap_or_else(|| panic!("{list} is missing"));
    list.iter().map(|one| one[field].as_str().expect("a text").to_owned()).collect()
}

/// Checks a directory: the exit code and the report.
fn check(directory: &Path, arguments: &[&str]) -> (i32, Value) {
    let (output, report) = report(directory, arguments);
    (output.code, report)
}

#[test]
fn source_in_an_unusual_form_is_followed() {
    for source in [
        "/* local */ \"./mod\"",
        "(\"./mod\")",
        "\"${\"./mod\"}\"",
        "\"./\\u006dod\"",
        "\"${path.module}/mod\"",
        "join(\"/\", [\".\", \"mod\"])",
        "\"./mod\" /* more */",
        "element([\"./mod\"], 0)",
    ] {
        let directory = scratch(&[("main.tf", &call("m", source)), ("mod/main.tf", MODULE)]);
        let (code, report) = check(directory.path(), &["."]);
        assert_eq!((code, keys(&report)), (1, vec![". module.m.oci_kms_key.k HSM".to_owned()]), "{source}");
    }
    for text in [
        "{\"module\": {\"m\": {\"source\": \".\\/mod\", \"mode\": \"HSM\"}}}",
        "{\"module\": {\"m\": {\"source\": \"${path.module}/mod\", \"mode\": \"HSM\"}}}",
        "{\"module\": {\"m\": {\"sourc\\u0065\": \"./mod\", \"mode\": \"HSM\"}}}",
        "{\"modul\\u0065\": [{\"m\": [{\"source\": \"./mod\", \"mode\": \"HSM\"}]}]}",
    ] {
        let directory = scratch(&[("main.tf.json", text), ("mod/main.tf", MODULE)]);
        let (code, report) = check(directory.path(), &["."]);
        assert_eq!((code, keys(&report)), (1, vec![". module.m.oci_kms_key.k HSM".to_owned()]), "{text}");
    }
}

#[test]
fn absolute_source_is_followed_if_it_exists() {
    let elsewhere = scratch(&[("kms/main.tf", MODULE)]);
    let path = elsewhere.path().canonicalize().expect("a path");
    for source in [format!("\"{}/kms\"", path.display()), format!("\"{}//kms\"", path.display())] {
        let directory = scratch(&[("main.tf", &call("m", &source))]);
        assert_eq!(keys(&check(directory.path(), &["."]).1), [". module.m.oci_kms_key.k HSM"], "{source}");
    }
    let directory = scratch(&[("main.tf", &(call("m", "\"/nowhere/at/all\"") + OCI))]);
    let (code, report) = check(directory.path(), &["."]);
    assert_eq!((code, texts(&report, "modules_not_followed", "address")), (0, vec!["module.m".to_owned()]));
}

#[test]
fn constant_of_a_caller_decides_a_source_and_the_module_is_not_a_root() {
    let outer = "variable \"inner\" {\n  type  = string\n  const = true\n}\nmodule \"inner\" {\n  source = \"../${var.inner}\"\n  mode   = \"HSM\"\n}\n";
    let directory = scratch(&[
        ("main.tf", "module \"outer\" {\n  source = \"./outer\"\n  inner  = \"mod\"\n}\n"),
        ("outer/main.tf", outer),
        ("mod/main.tf", MODULE),
    ]);
    assert_eq!(keys(&check(directory.path(), &["."]).1), [". module.outer.module.inner.oci_kms_key.k HSM"]);
}

#[test]
fn module_that_an_unknown_source_may_mean_is_not_checked_with_its_defaults() {
    for source in ["\"./modules/${var.w}\"", "\"./modules/${oci_core_vcn.v.id}\"", "\"./${var.w}/kms\""] {
        let main = "variable \"w\" {}\nresource \"oci_core_vcn\" \"v\" {}\n".to_owned() + &call("m", source);
        let directory = scratch(&[("main.tf", &main), ("modules/kms/main.tf", MODULE), ("other/main.tf", MODULE)]);
        let (_, report) = check(directory.path(), &["."]);
        let first = keys(&report).first().cloned();
        assert_eq!(first.as_deref(), Some("modules/kms oci_kms_key.k ?"), "{source}");
        assert_eq!(texts(&report, "modules_not_followed", "address"), ["module.m"], "{source}");
    }
}

#[test]
fn source_without_a_value_is_the_installed_module() {
    let main = "variable \"w\" {\n  type  = string\n  const = true\n}\n".to_owned() + &call("m", "\"./${var.w}\"") + OCI;
    let manifest = |source: &str| {
        format!(
            "{{\"Modules\":[{{\"Key\":\"\",\"Source\":\"\",\"Dir\":\".\"}},{{\"Key\":\"m\",\"Source\":\"{source}\",\"Dir\":\"mod\"}}]}}"
        )
    };
    let directory = scratch(&[("main.tf", &main), (".terraform/modules/modules.json", &manifest("./mod")), ("mod/main.tf", MODULE)]);
    assert_eq!(keys(&check(directory.path(), &["."]).1), [". module.m.oci_kms_key.k HSM"]);
    let directory = scratch(&[("main.tf", &main), ("mod/main.tf", MODULE)]);
    let (_, report) = check(directory.path(), &["."]);
    assert_eq!(texts(&report, "modules_not_followed", "address"), ["module.m"]);
}

#[test]
fn module_installed_from_another_source_or_version_is_not_followed() {
    let manifest = |source: &str, version: &str| {
        format!("{{\"Modules\":[{{\"Key\":\"m\",\"Source\":\"{source}\",\"Version\":\"{version}\",\"Dir\":\".terraform/modules/m\"}}]}}")
    };
    for (written, installed, version, is_followed) in [
        ("\"git::https://x.example/y.git?ref=v1\"", "git::https://x.example/y.git?ref=v1", "", true),
        ("\"git::https://x.example/y.git?ref=v2\"", "git::https://x.example/y.git?ref=v1", "", false),
        ("\"github.com/o/r?ref=v1\"", "git::https://github.com/o/r.git?ref=v1", "", true),
        ("\"github.com/o/r?ref=v2\"", "git::https://github.com/o/r.git?ref=v1", "", false),
        ("\"o/kms/oci\"\n  version = \"~> 1.0\"", "registry.terraform.io/o/kms/oci", "1.4.0", true),
        ("\"o/kms/oci\"\n  version = \"~> 2.0\"", "registry.terraform.io/o/kms/oci", "1.4.0", false),
    ] {
        let directory = scratch(&[
            ("main.tf", &(call("m", written) + OCI)),
            (".terraform/modules/modules.json", &manifest(installed, version)),
            (".terraform/modules/m/main.tf", MODULE),
        ]);
        let (_, report) = check(directory.path(), &["."]);
        let whys = texts(&report, "modules_not_followed", "why");
        if is_followed {
            assert_eq!((keys(&report), whys), (vec![". module.m.oci_kms_key.k HSM".to_owned()], Vec::new()), "{written}");
        } else {
            assert!(keys(&report).is_empty() && whys.len() == 1 && whys[0].contains("changed"), "{written}: {whys:?}");
        }
    }
}

#[test]
fn module_called_in_a_file_that_does_not_parse_has_unknown_inputs() {
    let directory = scratch(&[
        ("main.tf", "module \"kms\" {\n  source = \"./modules/kms\"\n  mode   = \"HSM\"\n"),
        ("modules/kms/main.tf", MODULE),
        (
            "modules/kms/fixed.tf",
            "resource \"oci_kms_key\" \"fixed\" {\n  management_endpoint = \"e\"\n  protection_mode     = \"HSM\"\n}\n",
        ),
    ]);
    let (code, report) = check(directory.path(), &["."]);
    assert_eq!(code, 2);
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(1), "{report}");
    // The default of the variable does not apply; the mode that the module fixes does.
    assert_eq!(keys(&report), ["modules/kms oci_kms_key.fixed HSM", "modules/kms oci_kms_key.k ?"]);
}

#[test]
fn missing_local_module_is_a_problem_if_it_may_have_keys() {
    let missing = "module \"v\" {\n  source = \"../../modules/vualt\"\n}\n";
    for (more, code) in [
        (OCI, 2),
        ("", 2),
        ("data \"oci_identity_compartments\" \"c\" {}\n", 2),
        ("terraform {\n  required_providers {\n    oracle = { source = \"oracle/oci\" }\n  }\n}\n", 2),
        ("provider \"aws\" {}\n", 0),
        ("resource \"aws_s3_bucket\" \"b\" {}\n", 0),
        ("# provider \"aws\" {}\n", 2),
    ] {
        let directory = scratch(&[("live/prod/main.tf", &(missing.to_owned() + more)), ("modules/vault/main.tf", "")]);
        let (found, report) = check(directory.path(), &["."]);
        assert_eq!(found, code, "{more}: {report}");
        if code == 2 {
            assert_eq!(report["problems"][0]["help"], "Did you mean `../../modules/vault`?", "{more}");
        }
    }
    // The lock file lists the providers, too.
    for (provider, code) in [("hashicorp/aws", 0), ("oracle/oci", 2)] {
        let lock = format!("provider \"registry.terraform.io/{provider}\" {{\n  version = \"1.0.0\"\n}}\n");
        let directory = scratch(&[("main.tf", missing), (".terraform.lock.hcl", &lock)]);
        assert_eq!(check(directory.path(), &["."]).0, code, "{provider}");
    }
}

#[test]
fn empty_module_directory_is_listed() {
    let directory = scratch(&[("main.tf", &(call("sub", "\"./sub\"") + &call("docs", "\"./docs\"") + OCI)), ("docs/README.md", "")]);
    std::fs::create_dir(directory.path().join("sub")).expect("a directory");
    let (code, found) = check(directory.path(), &["."]);
    assert_eq!(code, 0);
    assert_eq!(texts(&found, "modules_not_followed", "address"), ["module.sub", "module.docs"]);
    assert_eq!(
        texts(&found, "modules_not_followed", "why"),
        ["the directory is empty (a git submodule?)", "the directory has no configuration"]
    );
    assert_eq!(check(directory.path(), &["--strict", "."]).0, 1);
    let output = kmslint(directory.path(), &["."]);
    assert!(output.err.contains("the directory is empty (a git submodule?)"), "{}", output.err);
    assert!(!output.err.contains("no `oci_kms_key`"), "{}", output.err);
    assert!(output.out.starts_with("2 modules were not followed. Checked 0 keys in 1 file: "), "{}", output.out);
}

#[test]
fn remote_module_is_listed_if_its_root_may_have_keys() {
    for source in ["\"git::https://git.example.com/tf/kms.git?ref=v1\"", "\"app.terraform.io/acme/keys/oracle\"", "\"/opt/modules/kms\""] {
        // The calling directory does not mention the provider; its root does.
        let wrapper = call("kms", source);
        let directory = scratch(&[("main.tf", &(OCI.to_owned() + "module \"w\" {\n  source = \"./w\"\n}\n")), ("w/main.tf", &wrapper)]);
        let (code, report) = check(directory.path(), &["."]);
        assert_eq!((code, texts(&report, "modules_not_followed", "address")), (0, vec!["module.w.module.kms".to_owned()]), "{source}");
        assert_eq!(check(directory.path(), &["--strict", "."]).0, 1, "{source}");
        let directory = scratch(&[("main.tf", &(wrapper.clone() + "provider \"aws\" {}\n"))]);
        let (code, report) = check(directory.path(), &["--strict", "."]);
        assert_eq!((code, texts(&report, "modules_not_followed", "address")), (0, Vec::new()), "{source}");
    }
}

#[test]
fn called_directory_is_also_a_root_if_its_files_show_it() {
    let root = MODULE.to_owned();
    let example = "module \"x\" {\n  source = \"../..\"\n}\n";
    let own = ". oci_kms_key.k HSM";
    let called = "examples/basic module.x.oci_kms_key.k SOFTWARE";
    for (file, text) in [("terraform.tfvars", "mode = \"HSM\"\n"), ("a.auto.tfvars", "mode = \"HSM\"\n")] {
        let directory = scratch(&[("main.tf", &root), (file, text), ("examples/basic/main.tf", example)]);
        assert_eq!(keys(&check(directory.path(), &["."]).1), [own, called], "{file}");
    }
    let hsm = root.replace("SOFTWARE", "HSM");
    let called_hsm = "examples/basic module.x.oci_kms_key.k HSM";
    for (file, text, is_root) in [
        ("backend.tf", "terraform {\n  backend \"s3\" {}\n}\n", true),
        ("backend.tf", "terraform {\n  cloud {\n    organization = \"o\"\n  }\n}\n", true),
        (".terraform/terraform.tfstate", "{}", true),
        (".terraform/modules/modules.json", "{\"Modules\":[]}", false),
        (".terraform.lock.hcl", "", false),
        ("provider.tf", "provider \"oci\" {\n  region = \"r\"\n}\n", false),
    ] {
        let directory = scratch(&[("main.tf", &hsm), (file, text), ("examples/basic/main.tf", example)]);
        let expected = if is_root { vec![own, called_hsm] } else { vec![called_hsm] };
        assert_eq!(keys(&check(directory.path(), &["."]).1), expected, "{file} {text}");
    }
    // An option that sets a variable of that directory makes it a root.
    let directory = scratch(&[("main.tf", &root), ("examples/basic/main.tf", example)]);
    assert_eq!(keys(&check(directory.path(), &["."]).1), [called]);
    assert_eq!(keys(&check(directory.path(), &["--var", "mode=HSM", "."]).1), [own, called]);
}

#[test]
fn certain_root_without_instances_has_no_keys() {
    let main = "variable \"name\" {\n  default = null\n}\nresource \"oci_kms_key\" \"k\" {\n  count               = var.name != null ? 1 : 0\n  management_endpoint = \"e\"\n}\n";
    for (file, text, is_final) in [
        ("terraform.tfvars", "", true),
        ("backend.tf", "terraform {\n  backend \"s3\" {}\n}\n", true),
        (".terraform/terraform.tfstate", "{}", true),
        ("provider.tf", "provider \"oci\" {\n  region = \"r\"\n}\n", true),
        ("provider.tf", "provider \"oci\" {}\n", false),
        (".terraform/modules/modules.json", "{\"Modules\":[]}", false),
        ("README.md", "", false),
    ] {
        let directory = scratch(&[("main.tf", main), (file, text)]);
        let expected: &[&str] = if is_final { &[] } else { &[". oci_kms_key.k[\"*\"] ?"] };
        let found = keys(&check(directory.path(), &["."]).1);
        assert_eq!(found.len(), expected.len(), "{file} {text}: {found:?}");
    }
}

#[test]
fn caches_of_other_tools_are_not_read() {
    let directory = scratch(&[
        ("live/prod/.terragrunt-cache/abc/def/main.tf", MODULE),
        ("node_modules/x/main.tf", MODULE),
        ("live/prod/main.tf", MODULE),
    ]);
    assert_eq!(keys(&check(directory.path(), &["."]).1), ["live/prod oci_kms_key.k SOFTWARE"]);
}

#[test]
fn module_called_by_terragrunt_or_a_stack_has_unknown_inputs() {
    let units: &[(&str, &str, &str)] = &[
        (
            "live/prod/terragrunt.hcl",
            "terraform {\n  source = \"../../modules//kms\"\n}\ninputs = {\n  mode = \"HSM\"\n}\n",
            "terragrunt-unit",
        ),
        (
            "live/prod/terragrunt.hcl",
            "locals {\n  base = \"${get_terragrunt_dir()}/../..\"\n}\nterraform {\n  source = \"${local.base}/modules/kms\"\n}\n",
            "terragrunt-unit",
        ),
        (
            "live/kms.tfcomponent.hcl",
            "component \"kms\" {\n  source = \"../modules/kms\"\n  inputs = {\n    mode = \"HSM\"\n  }\n}\n",
            "stack",
        ),
    ];
    for (file, text, kind) in units {
        let directory = scratch(&[(file, text), ("modules/kms/main.tf", MODULE)]);
        let (_, report) = check(directory.path(), &["."]);
        assert_eq!(keys(&report), ["modules/kms oci_kms_key.k ?"], "{text}");
        assert_eq!(
            (texts(&report, "not_read", "path"), texts(&report, "not_read", "kind")),
            (vec![(*file).to_owned()], vec![(*kind).to_owned()])
        );
        let output = kmslint(directory.path(), &["--strict", "."]);
        assert_eq!(output.code, 1, "{text}");
        // The finding starts with the path, and its message does not repeat it.
        assert_eq!(output.out.lines().next().map(|line| line.matches(file).count()), Some(1), "{}", output.out);
    }
    // An include with the source; a unit that is its own module; a unit whose module has no keys.
    let include = "include \"root\" {\n  path = find_in_parent_folders(\"common.hcl\")\n}\ninputs = {}\n";
    let common = "terraform {\n  source = \"${get_terragrunt_dir()}/../../modules/kms\"\n}\n";
    let directory = scratch(&[("live/prod/terragrunt.hcl", include), ("live/common.hcl", common), ("modules/kms/main.tf", MODULE)]);
    assert_eq!(keys(&check(directory.path(), &["."]).1), ["modules/kms oci_kms_key.k ?"]);
    let directory = scratch(&[("live/terragrunt.hcl", "inputs = {\n  mode = \"HSM\"\n}\n"), ("live/main.tf", MODULE)]);
    assert_eq!(keys(&check(directory.path(), &["."]).1), ["live oci_kms_key.k ?"]);
    let network = "resource \"oci_core_vcn\" \"v\" {}\n";
    let directory = scratch(&[("live/terragrunt.hcl", "terraform {\n  source = \"../network\"\n}\n"), ("network/main.tf", network)]);
    assert_eq!(texts(&check(directory.path(), &["."]).1, "not_read", "path"), [""; 0]);
}

#[test]
fn plans_and_states_in_a_directory_are_listed() {
    let plan = "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"planned_values\":{},\"resource_changes\":[{\"type\":\"oci_kms_key\"}]}";
    let state = "{\"version\":4,\"terraform_version\":\"1.9.0\",\"serial\":1,\"lineage\":\"l\",\"outputs\":{},\"resources\":[]}";
    let directory = scratch(&[
        ("a/tfplan.json", plan),
        ("terraform.tfstate", state),
        ("package.json", "{\"name\":\"x\"}"),
        ("b/out.plan", "PK\u{3}\u{4}"),
    ]);
    let (code, report) = check(directory.path(), &["."]);
    assert_eq!(code, 0);
    let mut paths = texts(&report, "not_read", "path");
    paths.sort();
    assert_eq!(paths, ["a/tfplan.json", "b/out.plan", "terraform.tfstate"]);
    assert_eq!(texts(&report, "not_read", "kind"), ["plan", "plan", "state"]);
    assert_eq!(check(directory.path(), &["--strict", "."]).0, 1);
    let output = kmslint(directory.path(), &["."]);
    for line in ["`a/tfplan.json`; plans are checked when they are passed", "`b/out.plan`; it is a binary plan"] {
        assert!(output.err.contains(line), "{}", output.err);
    }
    assert!(output.err.contains("1 state was not read: `terraform.tfstate`; "), "{}", output.err);
}

#[test]
fn lock_file_decides_which_dialect_applies() {
    let files = |lock: &'static str, more: &'static str| {
        let key = |mode: &str| {
            format!("resource \"oci_kms_key\" \"k\" {{\n  management_endpoint = \"e\"\n  protection_mode     = \"{mode}\"\n}}\n")
        };
        let directory = scratch(&[("a.tf", &key("HSM")), ("a.tofu", &key("SOFTWARE")), ("b.tf", more)]);
        std::fs::write(directory.path().join(".terraform.lock.hcl"), lock).expect("a file");
        keys(&check(directory.path(), &["."]).1)
    };
    let (hsm, software) = (". oci_kms_key.k HSM", ". oci_kms_key.k SOFTWARE");
    let required = "terraform {\n  required_providers {\n    oci = {\n      source = \"registry.terraform.io/oracle/oci\"\n    }\n  }\n}\n";
    assert_eq!(files("provider \"registry.terraform.io/oracle/oci\" {}\n", ""), [hsm]);
    assert_eq!(files("provider \"registry.terraform.io/oracle/oci\" {}\n", required), [software]);
    assert_eq!(files("provider \"registry.opentofu.org/oracle/oci\" {}\n", ""), [software]);
    assert_eq!(files("", ""), [software]);
}

#[cfg(unix)]
#[test]
fn lock_file_linked_from_outside_of_the_repository_is_ignored() {
    let key =
        |mode: &str| format!("resource \"oci_kms_key\" \"k\" {{\n  management_endpoint = \"e\"\n  protection_mode     = \"{mode}\"\n}}\n");
    let files = [("a.tf", key("HSM")), ("a.tofu", key("SOFTWARE")), (".git/HEAD", "ref: refs/heads/main\n".to_owned())];
    let directory = scratch(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
    let lock = "provider \"registry.terraform.io/oracle/oci\" {\n  version = \"5.18.0\"\n}\n";
    let outside = scratch(&[("lock", lock)]);
    let mode_with = |target: &Path| {
        let link = directory.path().join(".terraform.lock.hcl");
        std::os::unix::fs::symlink(target, &link).expect("a link");
        let found = keys(&check(directory.path(), &["."]).1);
        std::fs::remove_file(link).expect("an existing file");
        found
    };
    assert_eq!(mode_with(&outside.path().join("lock")), [". oci_kms_key.k SOFTWARE"]);
    std::fs::write(directory.path().join("lock"), lock).expect("a file");
    assert_eq!(mode_with(Path::new("lock")), [". oci_kms_key.k HSM"], "a link inside of the repository is followed");
}

#[test]
fn files_below_the_named_directory_are_read_without_a_repository() {
    let main = "locals {\n  modes = jsondecode(file(\"${path.module}/keys.json\"))\n}\nresource \"oci_kms_key\" \"k\" {\n  management_endpoint = \"e\"\n  protection_mode     = local.modes.mode\n}\n";
    let root = "module \"m\" {\n  source = \"../../modules/kms\"\n}\n";
    let directory = scratch(&[("live/prod/main.tf", root), ("modules/kms/main.tf", main), ("modules/kms/keys.json", "{\"mode\":\"HSM\"}")]);
    let expected = ["live/prod module.m.oci_kms_key.k HSM"];
    assert_eq!(keys(&check(directory.path(), &["."]).1), expected);
    let (_, report) = check(&directory.path().join("live/prod"), &["."]);
    assert_eq!(keys(&report), [". module.m.oci_kms_key.k ?"], "outside of the directory that was passed");
}

#[cfg(unix)]
#[test]
fn path_of_a_linked_module_is_its_target() {
    let directory = scratch(&[
        ("root/main.tf", &(call("a", "\"./mod\"") + &call("b", "\"./links/inner\""))),
        ("shared/main.tf", MODULE),
        ("shared/inner/main.tf", MODULE),
    ]);
    std::os::unix::fs::symlink("../shared", directory.path().join("root/mod")).expect("a link");
    std::os::unix::fs::symlink("../shared", directory.path().join("root/links")).expect("a link");
    let (_, report) = check(directory.path(), &["root"]);
    let names = report["keys"].as_array().expect("keys").iter().filter_map(|key| key["display_name"]["value"].as_str());
    let names: std::collections::BTreeSet<&str> = names.collect();
    // What Terraform 1.15.5 plans.
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["../shared", "../shared/inner"]);
}

/// Each of these files is a problem because it may hide keys.
#[test]
fn unparsable_files_are_one_problem_for_each_kind_and_directory() {
    let jinja = "{% if tenant %}\nresource \"oci_kms_key\" \"{{ name }}\" {\n}\n{% endif %}\n";
    let cookie = "resource \"oci_kms_key\" {{ cookiecutter.name }} {\n}\n";
    let good = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"SOFTWARE\"\n  display_name = \"{{ not a template }}\"\n}\n";
    let directory = scratch(&[
        ("templates/a.tf", jinja),
        ("templates/b.tf", cookie),
        ("templates/c.tf", jinja),
        ("templates/d.tf", cookie),
        ("crypt/a.tf", "\0GITCRYPT\0\u{1}\u{2}oci"),
        ("binary/a.tf", "oci_kms_key \0\0\0"),
        ("good/a.tf", good),
    ]);
    let crypt = directory.path().join("crypt/b.tf");
    std::fs::write(&crypt, b"\0GITCRYPT\0\xff\xfe\x00").expect("a file");
    std::fs::write(directory.path().join("binary/b.tf"), b"oci_kms_key\xff\xfe\x00").expect("a file");
    let (code, found) = check(directory.path(), &["."]);
    assert_eq!(code, 2, "{found}");
    assert_eq!(
        texts(&found, "problems", "message"),
        [
            "2 files are binary, not configuration: `a.tf`, `b.tf`",
            "2 files are encrypted by git-crypt: `a.tf`, `b.tf`",
            "4 files are templates of another language: `a.tf`, `b.tf`, `c.tf` and 1 more",
        ]
    );
    let places: Vec<&str> =
        found["problems"].as_array().expect("problems").iter().filter_map(|one| one["place"]["path"].as_str()).collect();
    assert_eq!(places, ["binary", "crypt", "templates"]);
}
