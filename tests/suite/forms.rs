//! The forms in which plans and states arrive: complete ones are read, all others are recognized and reported with what to do.

use crate::harness::{kmslint, kmslint_with_input, output_of, root, scratch};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// A real plan with two keys.
fn plan() -> String {
    fs::read_to_string(root().join("testdata/plans/forget/plan.json")).expect("a plan")
}

fn parsed_plan() -> Value {
    serde_json::from_str(&plan()).expect("JSON")
}

fn without(mut plan: Value, names: &[&str]) -> Value {
    names.iter().for_each(|name| drop(plan.as_object_mut().expect("an object").remove(*name)));
    plan
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn plan_is_read_in_any_encoding_and_compressed() {
    let plan = plan();
    let plain = kmslint_with_input(Path::new("/"), &["--no-config", "-"], plan.as_bytes());
    assert!(plain.code == 1 && plain.out.contains("oci_kms_key.a"), "{plain:?}");
    for (name, bytes) in [
        ("gzip", gzip(plan.as_bytes())),
        ("two members of gzip", [gzip(&plan.as_bytes()[..1000]), gzip(&plan.as_bytes()[1000..])].concat()),
        ("UTF-16 with a mark", utf16(&plan, u16::to_le_bytes, true)),
        ("UTF-16 without a mark", utf16(&plan, u16::to_le_bytes, false)),
        ("UTF-16, big endian, without a mark", utf16(&plan, u16::to_be_bytes, false)),
        ("UTF-16 in gzip", gzip(&utf16(&plan, u16::to_be_bytes, true))),
        ("white space before it", [b" \n\t".as_slice(), plan.as_bytes()].concat()),
    ] {
        let read = kmslint_with_input(Path::new("/"), &["--no-config", "-"], &bytes);
        let findings = |text: &str| text.lines().filter(|line| line.starts_with("warning[")).map(str::to_owned).collect::<Vec<_>>();
        assert!(read.code == 1 && findings(&read.out) == findings(&plain.out), "{name}: {read:?}");
    }
}

#[test]
fn incomplete_plans_are_problems_with_a_help() {
    let (plan, parsed) = (plan(), parsed_plan());
    let state = json!({"version": 4, "resources": {}}).to_string();
    for (name, text, what, help) in [
        (
            "planned values only",
            json!({"format_version": "1.2", "planned_values": parsed["planned_values"]}).to_string(),
            "cut down",
            "complete output",
        ),
        ("no changes", without(parsed.clone(), &["resource_changes"]).to_string(), "cut down", "complete output"),
        (
            "no changes, no prior state",
            without(parsed.clone(), &["resource_changes", "prior_state"]).to_string(),
            "cut down",
            "complete output",
        ),
        (
            "configuration only",
            json!({"format_version": "1.2", "configuration": parsed["configuration"]}).to_string(),
            "cut down",
            "complete output",
        ),
        (
            "prior state only",
            json!({"format_version": "1.2", "prior_state": parsed["prior_state"]}).to_string(),
            "cut down",
            "complete output",
        ),
        ("the list of changes", parsed["resource_changes"].to_string(), "a part of a plan", "complete output"),
        ("one change", parsed["resource_changes"][0].to_string(), "a part of a plan", "complete output"),
        ("the values", parsed["planned_values"].to_string(), "a part of a plan", "complete output"),
        ("an array of plans", format!("[\n{plan},\n{plan}]"), "a JSON array of plans", "one file for each plan"),
        ("two plans", format!("{plan}\n{plan}"), "more than one JSON document", "one file for each plan"),
        ("a plan in a string", Value::from(plan.as_str()).to_string(), "a JSON string", "fromJSON"),
        (
            "the wrapper's line",
            format!("[command]/opt/hostedtoolcache/terraform-bin show -json tfplan\n{plan}"),
            "wrapper",
            "`terraform_wrapper: false`",
        ),
        (
            "a line of Terragrunt's",
            format!("12:00:00.000 INFO   terraform: running\n{plan}"),
            "other text before the JSON",
            "standard output",
        ),
        ("colors", plan.replace('{', "\u{1b}[1;39m{\u{1b}[0m"), "color codes", "`NO_COLOR=1`"),
        (
            "the text of a plan",
            "\nTerraform will perform the following actions:\n\n  # oci_kms_key.k will be created\n".to_owned(),
            "for people",
            "terraform show -json",
        ),
        (
            "an error",
            "╷\n│ Error: Failed to read the given file as a state or plan file\n╵\n".to_owned(),
            "an error message",
            "Fix the error",
        ),
        ("nothing", String::new(), "standard input is empty", "terraform show -json"),
        (
            "a saved cloud plan",
            json!({"remote_plan_format": 1, "run_id": "run-a", "hostname": "app.terraform.io"}).to_string(),
            "saved plan of HCP",
            "terraform show -json",
        ),
        (
            "a redacted plan",
            json!({"plan_format_version": "1.2", "resource_changes": parsed["resource_changes"], "provider_schemas": {}}).to_string(),
            "redacted",
            "json-output",
        ),
        (
            "a response of the API",
            json!({"data": {"id": "plan-a", "type": "plans", "attributes": {"log-read-url": "https://a"}}}).to_string(),
            "a response of the HCP Terraform API",
            "json-output",
        ),
        (
            "the record of a backend",
            json!({"version": 3, "serial": 1, "lineage": "a", "backend": {"type": "s3"}, "modules": []}).to_string(),
            "which backend",
            "terraform state pull",
        ),
        ("resources that are an object", state, "not a valid plan or state: `resources` is not a list", "again"),
        (
            "changes that are null",
            format!("{{\"resource_changes\":null,{}", &plan[1..].replacen("\"resource_changes\"", "\"others\"", 1)),
            "`resource_changes` is not a list",
            "again",
        ),
    ] {
        let answer = kmslint_with_input(Path::new("/"), &["--no-config", "-"], text.as_bytes());
        assert_eq!(answer.code, 2, "{name}: {answer:?}");
        assert!(answer.err.contains(what) && answer.err.replace("\n   ", "").contains(help), "{name}: {}", answer.err);
        assert!(!answer.err.contains("()") && answer.err.matches("error: ").count() == 1, "{name}: {}", answer.err);
    }
}

#[test]
fn archives_and_truncated_gzip_are_problems() {
    let zip = |names: &[&str]| -> Vec<u8> {
        let entry = |name: &&str| {
            let length = u8::try_from(name.len()).expect("a short name");
            [b"PK\x03\x04".as_slice(), &[0; 22], &[length, 0, 0, 0], name.as_bytes(), b"data"].concat()
        };
        names.iter().flat_map(entry).collect()
    };
    let packed = gzip(plan().as_bytes());
    for (name, bytes, what) in [
        ("a plan file", zip(&["tfplan", "tfstate", "tfconfig/m-/main.tf"]), "a binary plan file"),
        ("a stack", zip(&["schema.yaml", "main.tf"]), "Unpack it and pass the directory"),
        ("a zipped plan", zip(&["plan.json"]), "an archive"),
        ("a tarball", gzip(&[[b'a'; 257].as_slice(), b"ustar", &[0; 300]].concat()), "an archive"),
        ("half of it", packed[..packed.len() / 2].to_vec(), "error: "),
        ("xz", b"\xfd7zXZ\x00....".to_vec(), "compressed in a format"),
    ] {
        let answer = kmslint_with_input(Path::new("/"), &["--no-config", "-"], &bytes);
        assert!(answer.code == 2 && answer.err.contains(what), "{name}: {answer:?}");
    }
}

#[test]
fn empty_state_is_reported() {
    let directory = scratch(&[("state.json", "{\"format_version\":\"1.0\"}\n")]);
    let answer = kmslint(directory.path(), &["--no-config", "state.json"]);
    assert!(answer.code == 0 && answer.err.contains("terraform show -json PLANFILE"), "{answer:?}");
    let strict = kmslint(directory.path(), &["--no-config", "--strict", "state.json"]);
    assert_eq!(strict.code, 1, "{strict:?}");
}

#[test]
fn source_of_another_plan_is_a_problem() {
    let plan = root().join("testdata/plans/inputs-mode/plan.json");
    let main = fs::read_to_string(root().join("testdata/plans/inputs-mode/src/main.tf")).expect("the sources");
    let more = format!("{main}\nvariable \"other\" {{\n  default = 1\n}}\n");
    let fewer = main.replace("var.mode", "null").replace("variable \"mode\" {", "variable \"level\" {");
    let renamed = main.replace("\"k\"", "\"other\"");
    let nested = format!("{main}\nvariable \"kept\" {{\n  default   = 1\n  ephemeral = true\n}}\n");
    for (text, problem) in [
        (main.as_str(), None),
        (nested.as_str(), None),
        (more.as_str(), Some("does not record a value for its variable `other`")),
        (fewer.as_str(), Some("does not declare variable `mode`")),
        (renamed.as_str(), Some("declares none of its keys")),
        ("", Some("declares none of its keys")),
    ] {
        let directory = scratch(&[("main.tf", text)]);
        let mut command = crate::harness::command(&root());
        command.arg("--no-config").arg(&plan).arg("--source").arg(directory.path());
        let answer = output_of(&mut command);
        match problem {
            None => assert!(answer.code == 1 && answer.out.contains("default is HSM"), "{answer:?}"),
            Some(problem) => assert!(answer.code == 2 && answer.err.contains(problem), "{problem}: {answer:?}"),
        }
        // If it is not passed with `--source` but only next to the plan, it is ignored.
        fs::copy(&plan, directory.path().join("plan.json")).expect("a copy");
        let implicit = kmslint(directory.path(), &["--no-config", "plan.json"]);
        assert_eq!((implicit.code, implicit.out.contains("default is HSM")), (1, problem.is_none()), "{implicit:?}");
    }
}

#[test]
fn other_root_module_with_the_same_address_is_ignored() {
    let case = root().join("testdata/plans/version-trigger-static");
    let plan = fs::read_to_string(case.join("plan.json")).expect("the plan");
    let own = fs::read_to_string(case.join("src/main.tf")).expect("the sources");
    let other = own.replace("\"SOFTWARE\"", "\"HSM\"");
    let directory = scratch(&[("main.tf", &other), ("out/plan.json", &plan)]);
    let answer = kmslint(directory.path(), &["--no-config", "out/plan.json", "--format", "short"]);
    assert!(answer.code == 1 && answer.out.starts_with("out/plan.json:"), "{answer:?}");
    fs::write(directory.path().join("main.tf"), own).expect("a file");
    let answer = kmslint(directory.path(), &["--no-config", "out/plan.json", "--format", "short"]);
    assert!(answer.code == 1 && answer.out.starts_with("main.tf:"), "{answer:?}");
}

#[test]
fn current_variables_do_not_affect_an_existing_plan() {
    let case = root().join("testdata/plans/inputs-mode");
    let main = fs::read_to_string(case.join("src/main.tf")).expect("the sources");
    let plan = fs::read_to_string(case.join("plan.json")).expect("the plan");
    let directory = scratch(&[("main.tf", &main), ("plan.json", &plan), ("terraform.tfvars", "mode = \"SOFTWARE\"\n")]);
    for arguments in [&["--no-config", "plan.json"][..], &["--no-config", "--var", "mode=SOFTWARE", "plan.json"]] {
        let mut command = crate::harness::command(directory.path());
        let answer = output_of(command.args(arguments).env("TF_VAR_mode", "SOFTWARE"));
        assert!(answer.code == 1 && answer.out.contains("default is HSM"), "{answer:?}");
    }
}

#[test]
fn current_workspace_does_not_affect_an_existing_plan() {
    let case = root().join("testdata/plans/inputs-mode");
    let main = fs::read_to_string(case.join("src/main.tf")).expect("the sources");
    let main = main.replace("mode = var.mode", "mode = terraform.workspace == \"default\" ? var.mode : \"SOFTWARE\"");
    let plan = fs::read_to_string(case.join("plan.json")).expect("the plan");
    let directory = scratch(&[("main.tf", &main), ("plan.json", &plan), (".terraform/environment", "default")]);
    for (arguments, settled) in [
        (&["--no-config", "plan.json"][..], false),
        (&["--no-config", "--workspace", "default", "plan.json"], true),
        (&["--no-config", "--workspace", "prod", "plan.json"], false),
    ] {
        let mut command = crate::harness::command(directory.path());
        let answer = output_of(command.args(arguments).env("TF_WORKSPACE", "default"));
        assert_eq!(answer.out.contains("default is HSM"), settled, "{arguments:?}: {answer:?}");
        assert!(!answer.out.contains("passes"), "{answer:?}");
    }
}

#[test]
fn invalid_sensitivity_marks_hide_the_value() {
    let secret = "the-name-that-is-hidden";
    let change = |mark: &str| {
        format!(
            r#"{{"format_version":"1.2","resource_changes":[{{"address":"oci_kms_key.k","mode":"managed","type":"oci_kms_key","name":"k",
            "change":{{"actions":["create"],"before":null,"after":{{"display_name":"{secret}","protection_mode":"HSM"}},"after_unknown":{{}},"after_sensitive":{mark}}}}}]}}"#
        )
    };
    let stored = |mark: &str| {
        format!(
            r#"{{"format_version":"1.0","values":{{"root_module":{{"resources":[{{"address":"oci_kms_key.k","mode":"managed","type":"oci_kms_key","name":"k",
            "values":{{"display_name":"{secret}","protection_mode":"HSM"}},"sensitive_values":{mark}}}]}}}}}}"#
        )
    };
    let raw = |mark: &str| {
        format!(
            r#"{{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"a","resources":[{{"mode":"managed","type":"oci_kms_key","name":"k","provider":"p",
            "instances":[{{"attributes":{{"display_name":"{secret}","protection_mode":"HSM"}},"sensitive_attributes":{mark}}}]}}]}}"#
        )
    };
    let shows = |text: String| {
        let answer = kmslint_with_input(Path::new("/"), &["--no-config", "--format", "json", "-"], text.as_bytes());
        assert!(answer.out.contains("oci_kms_key.k"), "{answer:?}");
        answer.out.contains(secret)
    };
    for make in [&change as &dyn Fn(&str) -> String, &stored] {
        assert!(shows(make("{}")) && shows(make("false")) && shows(make(r#"{"protection_mode":true,"display_name":false}"#)));
        for mark in [
            "true",
            r#"{"display_name":true}"#,
            "null",
            "1",
            "\"yes\"",
            "[true]",
            r#"{"display_name":"true"}"#,
            r#"{"display_name":null}"#,
            r#"{"display_name":{"x":true}}"#,
        ] {
            assert!(!shows(make(mark)), "{mark}");
        }
    }
    assert!(shows(raw("[]")) && shows(raw(r#"[[{"type":"get_attr","value":"protection_mode"}]]"#)));
    for mark in [
        "true",
        "null",
        "{}",
        "\"x\"",
        r#"["display_name"]"#,
        r#"[[{"type":"get_attr"}]]"#,
        r#"[[{"type":"get_attr","value":"display_name"}]]"#,
    ] {
        assert!(!shows(raw(mark)), "{mark}");
    }
}
