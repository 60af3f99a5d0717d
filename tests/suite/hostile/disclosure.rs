//! A stranger's configuration cannot make a report disclose files or environment variables: through module sources, file sets, links to
//! files of another kind, workspaces, or messages.

use crate::harness::{Output, command, in_all_formats, output_of, report, scratch};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const TOKEN: &str = "Ck3qW8eX5vD0bH6mY1uI";

/// Runs with all formats; no output may have four consecutive characters of the token.
fn check_hides_token(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = command(directory);
    let (output, reports) = in_all_formats(command.env("TF_VAR_env", TOKEN).args(["check", "--no-config", "--verbose"]).args(arguments));
    for (from, text) in reports.into_iter().chain([("standard error", output.err.clone())]) {
        let trace = (0..=TOKEN.len() - 4).map(|at| &TOKEN[at..at + 4]).find(|piece| text.contains(piece));
        assert_eq!(trace, None, "{from}: {text}");
    }
    output
}

#[test]
fn module_source_does_not_disclose_its_parts() {
    for source in [
        "./m-${local.token}",
        "./${substr(local.token, 0, 6)}",
        "git::https://example.com/${local.token}.git",
        "/srv/${local.token}",
        "./${var.env}",
        "./${var.marked}",
    ] {
        let main = format!(
            "variable \"env\" {{\n  const = true\n}}\nvariable \"marked\" {{\n  const     = true\n  sensitive = true\n  default   = \"{TOKEN}\"\n}}\nlocals {{\n  token = file(\"token.txt\")\n}}\nmodule \"m\" {{\n  source = \"{source}\"\n}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = \"SOFTWARE\"\n}}\n"
        );
        let directory = scratch(&[("main.tf", &main), ("token.txt", TOKEN)]);
        let output = check_hides_token(directory.path(), &["--dialect", "opentofu"]);
        assert!(output.code >= 1, "{source}: {output:#?}");
        check_hides_token(directory.path(), &[]);
    }
    // A literal source is still shown.
    let directory = scratch(&[("main.tf", "module \"m\" {\n  source = \"./no-such\"\n}\nresource \"oci_kms_key\" \"k\" {\n}\n")]);
    let (output, _) = report(directory.path(), &["--no-config"]);
    assert!(output.err.contains("the directory `./no-such` of module `m` does not exist"), "{output:#?}");
}

#[test]
fn messages_do_not_disclose_external_strings() {
    let calls = [
        "jsondecode(substr(§, 0, 1))",
        "jsondecode(§)",
        "yamldecode(\"a: ${§}: b\")",
        "parseint(§, 10)",
        "regex(§, \"\")",
        "regex(\"[${substr(§, 0, 1)}\", \"\")",
        "timeadd(§, \"1h\")",
        "formatdate(§, \"2027-01-01T00:00:00Z\")",
        "format(\"%${substr(§, 0, 1)}\", 1)",
        "cidrhost(§, 1)",
        "tonumber(§)",
        "{ a = 1 }[§]",
        "base64decode(§)",
        "templatestring(§, {})",
        "file(§)",
        "strcontains(§, [])",
        // These would disclose it in the reason of an unknown value.
        "file(\"../${§}\")",
        "file(\"~/${§}\")",
        "file(\".git/${§}\")",
        "fileexists(\"/etc/${§}\")",
        "templatefile(\"../${§}\", {})",
        "tolist(fileset(\"../${§}\", \"*\"))[0]",
        "tolist(fileset(\".\", \"../${§}*\"))[0]",
    ];
    let mut main = format!("variable \"env\" {{}}\nvariable \"marked\" {{\n  sensitive = true\n  default   = \"{TOKEN}\"\n}}\n");
    for (n, call) in calls.into_iter().enumerate() {
        for (at, holds) in ["file(\"token.txt\")", "var.env", "var.marked"].into_iter().enumerate() {
            let call = call.replace('§', holds);
            write!(
                main,
                "resource \"oci_kms_key\" \"k{n}_{at}\" {{\n  display_name    = {call}\n  protection_mode = {call}\n}}\nresource \"oci_kms_key\" \"n{n}_{at}\" {{\n  count = {call}\n}}\nresource \"oci_kms_key\" \"s{n}_{at}\" {{\n  for_each = toset([{call}])\n}}\n"
            )
            .expect("a string");
        }
    }
    let directory = scratch(&[("main.tf", &main), ("token.txt", TOKEN)]);
    let output = check_hides_token(directory.path(), &[]);
    for quoted in ["`C`", "'C'", "\"C\""] {
        assert!(!output.err.contains(quoted), "{output:#?}");
    }
    let (_, report) = report(directory.path(), &["--no-config"]);
    assert!(report["keys"].as_array().is_some_and(|keys| keys.len() >= calls.len() * 9), "no block is skipped: {}", report["keys"]);
}

#[test]
fn file_sets_do_not_disclose_git_or_files_outside() {
    let outside = scratch(&[("private-name", "")]);
    let directory = scratch(&[(".git/HEAD", ""), (".git/refs/heads/secret-branch", ""), (".git/config", ""), ("keys/a.json", "{}")]);
    symlink(".git/config", directory.path().join("keys/g.yaml")).expect("a link");
    symlink(outside.path().join("private-name"), directory.path().join("keys/o.yaml")).expect("a link");
    symlink(".git", directory.path().join("git")).expect("a link");
    symlink(outside.path(), directory.path().join("out")).expect("a link");
    for (set, keys) in [
        ("fileset(\"keys\", \"*.json\")", Some(1)),
        ("fileset(\".\", \"**/*.json\")", Some(1)),
        ("fileset(\".\", \"*.tf\")", Some(1)),
        ("fileset(\"keys\", \"*.yaml\")", None),
        ("fileset(\"keys\", \"*\")", None),
        ("fileset(\".\", \"**\")", None),
        ("fileset(\".\", \"**/secret*\")", None),
        ("fileset(\".\", \".g*/**\")", None),
        ("fileset(\".\", \"{keys,.git}/*\")", None),
        ("fileset(\".git\", \"*\")", None),
        ("fileset(\".GIT\", \"*\")", None),
        ("fileset(\"keys/../.git\", \"**\")", None),
        ("fileset(\"git\", \"*\")", None),
        ("fileset(\"out\", \"*\")", None),
        ("fileset(\"..\", \"*\")", None),
        ("fileset(\".\", \"../*\")", None),
    ] {
        fs::write(directory.path().join("main.tf"), format!("resource \"oci_kms_key\" \"k\" {{\n  for_each = {set}\n}}\n"))
            .expect("a file");
        let (output, report) = report(directory.path(), &["--no-config"]);
        let addresses: Vec<_> = report["keys"].as_array().expect("keys").iter().map(|key| key["address"].to_string()).collect();
        match keys {
            Some(number) => assert!(addresses.len() == number && !addresses[0].contains('*'), "{set}: {addresses:?} {output:#?}"),
            None => assert_eq!(addresses, ["\"oci_kms_key.k[\\\"*\\\"]\""], "{set}: {output:#?}"),
        }
        assert!(!output.out.contains("secret-branch") && !output.out.contains("private-name"), "{set}: {output:#?}");
    }
}

#[test]
fn link_to_a_file_of_another_kind_is_not_quoted() {
    let env = format!("m     = \"HSM\"\ntoken = \"{TOKEN}\"\n");
    let json = format!("{{\"m\": \"HSM\", \"token\": \"{TOKEN}\"}}");
    let main = "variable \"m\" {\n  default = \"SOFTWARE\"\n}\nvariable \"token\" {\n  default = \"\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.m\n  display_name    = var.token\n  freeform_tags   = { (var.token) = var.token }\n}\n";
    for (link, target) in [
        ("terraform.tfvars", ".env"),
        ("a.auto.tfvars", "sub/credentials"),
        ("a.auto.tfvars.json", "credentials.json"),
        ("a.auto.tfvars.json", "credentials"),
        ("x.tf", ".env"),
        ("x.tf", "sub/credentials"),
        ("x.tf.json", "credentials.json"),
        ("x_override.tf", ".env"),
        ("x.tofu", "credentials.json"),
        ("kmslint.toml", ".env"),
    ] {
        let directory = scratch(&[
            ("main.tf", main),
            (".git/HEAD", ""),
            (".env", &env),
            ("credentials", &env),
            ("sub/credentials", &env),
            ("credentials.json", &json),
        ]);
        symlink(target, directory.path().join(link)).expect("a link");
        let output = check_hides_token(directory.path(), &[]);
        assert!(output.code >= 1, "{link} -> {target}: {output:#?}");
        let output = check_hides_token(directory.path(), &["--dialect", "opentofu"]);
        assert!(output.code >= 1, "{link} -> {target}: {output:#?}");
    }
    // A link to a file of the same kind is shared configuration.
    let directory = scratch(&[("main.tf", main), (".git/HEAD", ""), ("env/prod.tfvars", "m = \"HSM\"\ntoken = \"a name\"\n")]);
    symlink("env/prod.tfvars", directory.path().join("terraform.tfvars")).expect("a link");
    let (output, report) = report(directory.path(), &["--no-config"]);
    assert_eq!(report["keys"][0]["display_name"]["value"], "a name", "{output:#?}");
}

#[test]
fn workspace_is_not_read_through_foreign_links() {
    let main = "resource \"oci_kms_key\" \"k\" {\n  display_name = terraform.workspace\n}\n";
    let outside = scratch(&[("environment", TOKEN)]);
    let named = |directory: &Path, data: Option<&str>| {
        let mut command = command(directory);
        command.envs(data.map(|data| ("TF_DATA_DIR", data)));
        output_of(command.args(["check", "--no-config", "--format", "json"]))
    };
    for (data, link, target) in [
        (None, ".terraform/environment", "../token.txt".to_owned()),
        (None, ".terraform/environment", "../.git/config".to_owned()),
        (None, ".terraform/environment", outside.path().join("environment").display().to_string()),
        (None, ".terraform", outside.path().display().to_string()),
        (Some(".data"), ".data/environment", "../token.txt".to_owned()),
        (Some(".data"), ".data/environment", outside.path().join("environment").display().to_string()),
        (Some(".data"), ".data", outside.path().display().to_string()),
    ] {
        let directory = scratch(&[("main.tf", main), (".git/config", TOKEN), ("token.txt", TOKEN)]);
        let link = directory.path().join(link);
        fs::create_dir_all(link.parent().expect("a parent")).expect("a directory");
        symlink(&target, &link).expect("a link");
        let output = named(directory.path(), data);
        assert!(!output.out.contains(TOKEN) && !output.err.contains(TOKEN), "{data:?}, {target}: {output:#?}");
    }
    // The data directory that the user sets is read, and so is a linked directory inside of the repository.
    let directory = scratch(&[("main.tf", main), (".git/HEAD", ""), ("shared/environment", "prod")]);
    symlink("shared", directory.path().join(".terraform")).expect("a link");
    assert!(named(directory.path(), None).out.contains("\"prod\""));
    let elsewhere = scratch(&[("environment", "blue")]);
    assert!(named(directory.path(), Some(&elsewhere.path().display().to_string())).out.contains("\"blue\""));
}

#[test]
fn calls_of_a_module_outside_are_not_disclosed() {
    let around = scratch(&[
        ("repo/.git/HEAD", ""),
        ("repo/main.tf", "module \"m\" {\n  source = \"../other/m\"\n}\n"),
        (
            "other/m/main.tf",
            "module \"n\" {\n  source = \"./a-name-of-theirs\"\n}\nmodule \"o\" {\n  source = \"git::https://example.com/a-name-of-theirs\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = upper([\"of-theirs\"])\n  lifecycle {\n    precondition {\n      condition     = false\n      error_message = \"a word of-theirs\"\n    }\n  }\n}\n",
        ),
    ]);
    let (output, reports) = in_all_formats(command(&around.path().join("repo")).args(["check", "--no-config", "--verbose"]));
    assert!(output.code == 2 && !output.err.contains("of-theirs"), "{output:#?}");
    for (format, report) in reports {
        assert!(!report.contains("of-theirs"), "{format}: {report}");
    }
}

#[test]
fn plan_finds_the_configuration_of_a_key_with_a_hidden_name() {
    let main = "module \"m\" {\n  source   = \"./m\"\n  for_each = toset([file(\"token.txt\")])\n}\n";
    let module = "resource \"oci_kms_key\" \"k\" {\n  for_each        = toset([file(\"${path.root}/token.txt\"), \"other\"])\n  protection_mode = \"SOFTWARE\"\n}\nresource \"time_rotating\" \"t\" {\n  rotation_days = 90\n}\nresource \"terraform_data\" \"d\" {\n  triggers_replace = time_rotating.t.id\n}\nresource \"oci_kms_key_version\" \"v\" {\n  for_each = oci_kms_key.k\n  key_id   = each.value.id\n  lifecycle {\n    replace_triggered_by = [terraform_data.d]\n  }\n}\n";
    let directory = scratch(&[("main.tf", main), ("m/main.tf", module), ("token.txt", TOKEN)]);
    let (_, code) = report(directory.path(), &["--no-config"]);
    let shown = |report: &serde_json::Value| -> Vec<String> {
        report["keys"].as_array().expect("keys").iter().map(|key| key["address"].as_str().expect("text").to_owned()).collect()
    };
    let hidden = ["module.m[\"…1\"].oci_kms_key.k[\"…1\"]", "module.m[\"…1\"].oci_kms_key.k[\"…2\"]"];
    assert_eq!(shown(&code), hidden, "{code:#}");
    let change = |kind: &str, name: &str, key: &str, after: &str, unknown: &str| {
        format!(
            "{{\"address\": \"module.m[\\\"{TOKEN}\\\"].{kind}.{name}[\\\"{key}\\\"]\", \"module_address\": \"module.m[\\\"{TOKEN}\\\"]\", \"mode\": \"managed\", \"type\": \"{kind}\", \"name\": \"{name}\", \"index\": \"{key}\", \"change\": {{\"actions\": [\"create\"], \"after\": {after}, \"after_unknown\": {unknown}}}}}"
        )
    };
    let changes: Vec<String> = [TOKEN, "other"]
        .iter()
        .flat_map(|key| {
            [
                change("oci_kms_key", "k", key, "{\"protection_mode\": \"SOFTWARE\"}", "{\"id\": true}"),
                change("oci_kms_key_version", "v", key, "{}", "{\"key_id\": true}"),
            ]
        })
        .collect();
    let plan = format!("{{\"format_version\": \"1.2\", \"terraform_version\": \"1.9.0\", \"resource_changes\": [{}]}}", changes.join(", "));
    fs::write(directory.path().join("plan.json"), plan).expect("a file");
    let (output, report) = report(directory.path(), &["--no-config", "plan.json", "--source", "."]);
    assert_eq!(output.code, 0, "the configuration has the place and the schedule of each key: {output:#?}");
    assert_eq!(shown(&report).len(), 2);
    for key in report["keys"].as_array().expect("keys") {
        assert_eq!(key["place"]["path"], "m/main.tf", "{key:#}");
        assert_eq!(key["verdicts"]["OCI-KMS-001"]["verdict"], "pass", "{key:#}");
        assert_eq!(key["schedules"].as_array().map(Vec::len), Some(1), "{key:#}");
    }
}
