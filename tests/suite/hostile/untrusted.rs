//! The pull request of a stranger: links, `.git`, commands, markup, and its own config file.

use super::{CONTROL_KEY, kmslint, shell};
use crate::harness::{command, expect_syntax, formats, in_all_formats, report, scratch, with_tested_rules};
use kmslint::report::{Format, Syntax};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const TOKEN: &str = "ghs-a-token-of-the-checkout";

/// A checkout with a token in git's config.
fn checkout(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = scratch(&[("main.tf", CONTROL_KEY), (".git/HEAD", "ref: refs/heads/main\n")]);
    fs::write(directory.path().join(".git/config"), format!("[http]\n\textraheader = {TOKEN}\n")).expect("a file");
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    directory
}

/// Runs with all formats; no output may contain the token.
fn check_hides_token(directory: &Path, arguments: &[&str]) {
    let (output, reports) = in_all_formats(command(directory).args(with_tested_rules(arguments)));
    for (from, text) in reports.into_iter().chain([("standard error", output.err)]) {
        assert!(!text.contains(TOKEN), "{from}: {text}");
    }
}

#[test]
fn found_links_out_of_the_repository_are_rejected() {
    let outside = scratch(&[("secret", TOKEN), ("kms.toml", "fail-on = \"never\"\n")]);
    for (name, target) in [
        ("kmslint.toml", "/proc/self/environ".to_owned()),
        ("kmslint.toml", ".git/config".to_owned()),
        ("kmslint.toml", outside.path().join("secret").display().to_string()),
        ("kmslint.toml", outside.path().join("kms.toml").display().to_string()),
        (".kmslint.toml", ".git/config".to_owned()),
        ("terraform.tfvars", ".git/config".to_owned()),
        ("x.auto.tfvars.json", outside.path().join("secret").display().to_string()),
        ("notes.tf", ".git/config".to_owned()),
        ("notes.tf.json", outside.path().join("secret").display().to_string()),
    ] {
        let directory = checkout(&[]);
        symlink(&target, directory.path().join(name)).expect("a link");
        check_hides_token(directory.path(), &["check"]);
        let output = kmslint(directory.path(), &["check", "--format", "short"]);
        assert!(output.code == 2 && output.err.contains(name), "{name} -> {target}: {output:#?}");
    }
}

#[test]
fn links_inside_of_the_repository_are_followed() {
    let directory = checkout(&[("policy/kms.toml", "[rules.OCI-KMS-004]\nlevel = \"off\"\n"), ("values/prod", "m = \"HSM\"\n")]);
    symlink("policy/kms.toml", directory.path().join("kmslint.toml")).expect("a link");
    symlink("values/prod", directory.path().join("terraform.tfvars")).expect("a link");
    fs::write(
        directory.path().join("main.tf"),
        "variable \"m\" {}\nresource \"oci_kms_key\" \"control\" {\n  protection_mode = var.m\n}\n",
    )
    .expect("a file");
    let (output, report) = report(directory.path(), &[]);
    assert_eq!(report["keys"][0]["protection_mode"]["value"], "HSM", "{output:#?}");
    assert!(report["keys"][0]["verdicts"]["OCI-KMS-004"].is_null(), "{output:#?}");
    // The target of a link is not quoted as if it were the file.
    fs::write(directory.path().join("policy/kms.toml"), "fail-on = \"the-other-text\"\n").expect("a file");
    let output = kmslint(directory.path(), &["check"]);
    assert!(output.code == 2 && output.err.contains("kmslint.toml") && !output.err.contains("fail-on = \"the-other"), "{output:#?}");
}

#[test]
fn passed_link_out_of_the_repository_is_rejected() {
    let outside = scratch(&[("plan.json", "{}"), ("infra/main.tf", CONTROL_KEY)]);
    let directory = checkout(&[]);
    for (name, target) in [("plan.json", "plan.json"), ("infra", "infra"), ("x.tfvars", "plan.json")] {
        symlink(outside.path().join(target), directory.path().join(name)).expect("a link");
        let output = kmslint(directory.path(), &["check", "--no-config", name]);
        assert!(output.code == 2 && output.err.contains("leads outside the repository"), "{name}: {output:#?}");
    }
    let output = kmslint(directory.path(), &["check", "--no-config", &outside.path().join("infra").display().to_string()]);
    assert_eq!(output.code, 1, "a path outside that the user passes is read: {output:#?}");
}

#[test]
fn git_directory_is_never_read() {
    let expressions = [
        "file(\".git/config\")",
        "file(\"./x/../.git/config\")",
        "filebase64(\".git/config\")",
        "filesha256(\".git/config\")",
        "templatefile(\".git/config\", {})",
        "file(\"link\")",
        "file(\"directory/config\")",
        "strrev(file(\".git/config\"))",
        "substr(file(\".git/config\"), 0, 1) == \"[\" ? \"HSM\" : \"SOFTWARE\"",
        "fileexists(\".git/config\") ? \"HSM\" : \"SOFTWARE\"",
    ];
    let keys = expressions
        .iter()
        .enumerate()
        .map(|(at, expression)| format!("resource \"oci_kms_key\" \"k{at}\" {{\n  protection_mode = {expression}\n}}\n"));
    let directory = checkout(&[("k.tf", &keys.collect::<String>())]);
    symlink(".git/config", directory.path().join("link")).expect("a link");
    symlink(".git", directory.path().join("directory")).expect("a link");
    check_hides_token(directory.path(), &["check", "--no-config"]);
    let (output, checked) = report(directory.path(), &["--no-config"]);
    for (at, expression) in expressions.into_iter().enumerate() {
        let address = format!("oci_kms_key.k{at}");
        let key = checked["keys"].as_array().expect("keys").iter().find(|key| key["address"] == address.as_str()).expect("the key");
        assert_eq!(key["protection_mode"]["claim"], "unknown", "{expression}: {output:#?}");
        let output = kmslint(directory.path(), &["eval", expression]);
        assert!(!output.out.contains(TOKEN) && output.out.contains("unknown"), "{expression}: {output:#?}");
    }
    let directory = checkout(&[("k.tf", "module \"m\" {\n  source = \"./.git/hooks\"\n}\n"), (".git/hooks/x.tf", CONTROL_KEY)]);
    let (_, report) = report(directory.path(), &["--no-config"]);
    assert_eq!(report["keys"].as_array().map(Vec::len), Some(1), "{report:#}");
}

#[test]
fn modules_outside_are_followed_without_quoting_and_not_at_all_if_confined() {
    let around = scratch(&[
        ("repo/.git/HEAD", ""),
        ("repo/main.tf", "module \"m\" {\n  source = \"../other/m\"\n}\n"),
        (
            "other/m/main.tf",
            "resource \"oci_kms_key\" \"control\" {\n  protection_mode = \"HSM\" # a-word-of-theirs\n  display_name    = \"a-name-of-theirs\"\n}\n",
        ),
    ]);
    let directory = around.path().join("repo");
    let (output, reports) = in_all_formats(command(&directory).args(with_tested_rules(&["check", "--no-config"])));
    assert_eq!(output.code, 1, "{output:#?}");
    for (from, text) in reports.into_iter().chain([("standard error", output.err)]) {
        assert!(!text.contains("of-theirs"), "{from}: {text}");
    }
    let (output, report) = report(&directory, &["--no-config"]);
    assert_eq!(report["keys"][0]["protection_mode"]["value"], "HSM", "{output:#?}");
    for finding in report["findings"].as_array().expect("findings") {
        assert_eq!(finding["place"]["path"], "main.tf", "the finding is at the call: {finding:#}");
    }
    let output = kmslint(&directory, &["check", "--no-config", "--confined"]);
    assert!(output.code == 2 && output.err.contains("--confined"), "{output:#?}");
    assert!(!output.out.contains("OCI-KMS-004"), "{output:#?}");
}

#[test]
fn links_out_of_the_repository_are_not_written_through() {
    let outside = scratch(&[("bashrc", "theirs\n")]);
    let bashrc = outside.path().join("bashrc");
    for (name, target) in [
        ("out", bashrc.display().to_string()),
        ("out", outside.path().join("new").display().to_string()),
        ("out", ".git/hooks/x".to_owned()),
    ] {
        let directory = checkout(&[(".git/hooks/keep", "")]);
        symlink(&target, directory.path().join(name)).expect("a link");
        symlink(outside.path(), directory.path().join("directory")).expect("a link");
        for arguments in [
            &["check", "--no-config", "--format", "sarif=out"][..],
            &["check", "--no-config", "--write-baseline", "out"],
            &["check", "--no-config", "--format", "json=directory/out.json"],
            &["check", "--no-config", "--format", "json=./x/../directory/out.json"],
            &["check", "--no-config", "--write-baseline", "directory/bashrc"],
        ] {
            let output = kmslint(directory.path(), arguments);
            assert!(output.code == 2 || !directory.path().join("out").is_symlink(), "{arguments:?}: {output:#?}");
        }
        assert_eq!(fs::read_to_string(&bashrc).expect("an existing file"), "theirs\n");
        assert_eq!(fs::read_dir(outside.path()).expect("a directory").count(), 1);
        assert!(!directory.path().join(".git/hooks/x").exists());
    }
    let directory = checkout(&[]);
    let output = shell(directory.path(), "exec \"$KMSLINT\" check --no-config --format sarif=/dev/stdout", &[]);
    assert!(
        output.code == 1 && output.out.contains("\"version\": \"2.1.0\""),
        "a path outside that the user passes is written: {output:#?}"
    );
}

#[test]
fn new_files_have_the_permissions_of_the_umask() {
    for (umask, mode) in [("077", 0o600), ("022", 0o644), ("027", 0o640)] {
        let directory = checkout(&[]);
        let script = format!("umask {umask}; exec \"$KMSLINT\" check --no-config --format json=out.json --format sarif=out.sarif");
        let output = shell(directory.path(), &script, &[]);
        assert_eq!(output.code, 1, "{output:#?}");
        for name in ["out.json", "out.sarif"] {
            let about = fs::metadata(directory.path().join(name)).expect("an existing file");
            assert_eq!(about.permissions().mode() & 0o777, mode, "{name} with umask {umask}");
        }
    }
}

/// Names and texts that a CI service would execute as commands.
const COMMANDS: [&str; 6] =
    ["##[error]forged", "##vso[task.setvariable variable=x]y", "::error::forged", "::add-mask::x", "##[group]", "##VSO[x]"];

#[test]
fn output_contains_no_ci_commands() {
    let mut text = String::new();
    for (at, command) in COMMANDS.iter().enumerate() {
        let key = serde_json::to_string(&format!("{command}\n{command}")).expect("a string");
        let long = "word ".repeat(30);
        text += &format!(
            "# kmslint: ignore[OCI-KMS-001] {long}{command} {long}\nresource \"oci_kms_key\" \"k{at}\" {{\n  for_each        = toset([{key}])\n  display_name    = each.key\n  protection_mode = {key} # {command}\n  freeform_tags   = {{ {key} = {key} }}\n}}\n"
        );
        text += &format!("resource \"oci_kms_key\" \"e{at}\" {{\n  is_auto_rotation_enabled = {key}\n{command}\n}}\n");
    }
    let directory = checkout(&[("main.tf", &text), ("::error::x/##[y.tf", CONTROL_KEY), ("::warning::z.tf", CONTROL_KEY)]);
    let outputs: Vec<String> = formats().map(|format| format!("{format}=out-{format}")).collect();
    let mut all = vec!["check", "--no-config", "--verbose", "--show-passes", "--sarif-include-suppressed"];
    all.extend(outputs.iter().flat_map(|output| ["--format", output.as_str()]));
    let output = kmslint(directory.path(), &all);
    let mut texts: Vec<(String, String)> = vec![("standard output".to_owned(), output.out), ("standard error".to_owned(), output.err)];
    for format in Format::ALL {
        let text = fs::read_to_string(directory.path().join(format!("out-{}", format.name))).expect("a report");
        expect_syntax(format, &text);
        let format = format.name;
        texts.push((format.to_owned(), text));
        let output = kmslint(directory.path(), &["check", "--no-config", "--format", format]);
        texts.push((format!("{format} on standard output"), output.out));
    }
    let diff = kmslint(directory.path(), &["check", "--no-config", "--diff", "--unsafe-fixes"]);
    texts.push(("diff".to_owned(), diff.out + &diff.err));
    for (name, text) in texts {
        let lower = text.to_ascii_lowercase();
        assert!(!lower.contains("##[") && !lower.contains("##vso["), "{name}");
        let own = Format::ALL.iter().any(|format| format.writes_commands && name.starts_with(format.name));
        for line in text.split(['\n', '\r']).filter(|line| line.trim_start().starts_with("::")) {
            assert!(own && ["::error ", "::warning ", "::notice "].iter().any(|command| line.starts_with(command)), "{name}: {line}");
        }
    }
}

/// The parts of a line of Markdown outside of code spans. A span ends with a run of as many backticks as it starts with.
fn outside_of_code(line: &str) -> String {
    let (mut out, mut left) = (String::new(), line);
    while let Some(start) = left.find('`') {
        let run = left[start..].chars().take_while(|c| *c == '`').count();
        let inside = &left[start + run..];
        let ends = inside.match_indices('`').filter(|(at, _)| !inside[..*at].ends_with('`'));
        let end = ends.map(|(at, _)| (at, inside[at..].chars().take_while(|c| *c == '`').count())).find(|(_, length)| *length == run);
        let Some((end, _)) = end else { break };
        out.push_str(&left[..start]);
        left = &inside[end + run..];
    }
    out + left
}

#[test]
fn code_spans_are_removed_from_markdown() {
    assert_eq!(outside_of_code("a `b` c ``d ` e`` `f"), "a  c  `f");
    assert_eq!(outside_of_code("`a``b` <img>"), " <img>");
}

/// Names that are HTML, links, mentions or columns in Markdown, with unbalanced backticks.
const MARKUP: [&str; 8] = [
    "<img src=https://evil.example/1>",
    "`<img src=2>",
    "``<img src=3>`",
    "`` ` <a href=4>",
    "[click](https://evil.example/5)",
    "https://evil.example/6 www.evil.example @admin",
    "a`|`<img src=7>`|b",
    "``` </code></details><script>8</script>",
];

#[test]
fn names_are_not_rendered_as_markup() {
    let mut text = String::new();
    for (at, name) in MARKUP.iter().enumerate() {
        let name = serde_json::to_string(name).expect("a string");
        text += &format!(
            "# kmslint: ignore[OCI-KMS-001] the reason: {name}\nresource \"oci_kms_key\" \"k{at}\" {{\n  for_each        = toset([{name}])\n  display_name    = each.key\n  protection_mode = \"HSM\"\n}}\n"
        );
        text += &format!("resource \"oci_kms_key\" \"m{at}\" {{\n  protection_mode = {name}\n}}\n");
        text += &format!("module \"c{at}\" {{\n  source = {name}\n}}\n");
    }
    let named = MARKUP.map(|name| (format!("{}.tf", name.replace('/', "%")), CONTROL_KEY));
    let files: Vec<(&str, &str)> = named.iter().map(|(path, text)| (path.as_str(), *text)).chain([("main.tf", text.as_str())]).collect();
    let directory = checkout(&files);
    let report = |format| kmslint(directory.path(), &["check", "--no-config", "--verbose", "--show-passes", "--format", format]);
    let markdown = report("markdown").out;
    // GitLab and reviewdog render messages as Markdown.
    let mut rendered: Vec<String> = markdown.lines().map(str::to_owned).collect();
    for format in ["gitlab", "gitlab-sast", "rdjson"] {
        let document: serde_json::Value = serde_json::from_str(&report(format).out).expect("JSON");
        let before = rendered.len();
        texts_of(&document, &["message", "description", "solution"], &mut rendered);
        assert!(rendered.len() >= before + MARKUP.len(), "{format}");
    }
    // Long lists are folded with these tags, and rules and files have links.
    let own = regex::Regex::new(r"</?(details|summary)>|\]\(https://github\.com/kmslint/kmslint/[^()\s]*\)").expect("a pattern");
    for line in &rendered {
        let outside = own.replace_all(&outside_of_code(line), "").to_lowercase();
        for forged in ["<", "](", "://", "www.", "@admin", "```"] {
            assert!(!outside.contains(forged), "{forged}: {line}");
        }
    }
    // Names do not add columns to a table.
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    let rows: Vec<&str> =
        markdown.lines().skip_while(|line| !line.starts_with("| Level |")).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 2 * MARKUP.len() && rows.iter().all(|row| columns(row) == 6), "{rows:#?}");
}

/// Collects the strings of these properties in a document, line by line.
fn texts_of(value: &serde_json::Value, names: &[&str], found: &mut Vec<String>) {
    if let Some(object) = value.as_object() {
        found.extend(names.iter().filter_map(|name| object.get(*name)?.as_str()).flat_map(str::lines).map(str::to_owned));
        object.values().for_each(|inner| texts_of(inner, names, found));
    }
    value.as_array().into_iter().flatten().for_each(|inner| texts_of(inner, names, found));
}

#[test]
fn xml_is_well_formed_and_invisible_characters_are_escaped() {
    let invisible = "\u{fffe}\u{ffff}\u{61c}\u{2028}\u{200b}\u{feff}\u{e0041}\u{202e}\u{ad}\u{2800}\u{1d159}\u{1}x";
    let key = serde_json::to_string(invisible).expect("a string").replace('\u{1}', "\\u0001");
    let text = format!(
        "resource \"oci_kms_key\" \"k\" {{\n  for_each = toset([{key}])\n  protection_mode = {key}\n  is_auto_rotation_enabled = {key}\n}}\n"
    );
    let directory = checkout(&[("main.tf", &text)]);
    for format in Format::ALL {
        let output = kmslint(directory.path(), &["check", "--no-config", "--format", format.name]);
        expect_syntax(format, &output.out);
        if format.syntax == Syntax::Json {
            continue;
        }
        let format = format.name;
        for c in invisible.chars().filter(|c| *c != 'x') {
            assert!(!output.out.contains(c) && !output.err.contains(c), "{format}: U+{:04X}", u32::from(c));
        }
    }
}

#[test]
fn step_summary_is_cut_below_githubs_limit() {
    let name = "x".repeat(3000);
    let keys: String =
        (0..450).map(|at| format!("resource \"oci_kms_key\" \"k{at}{name}\" {{\n  protection_mode = \"HSM\"\n}}\n")).collect();
    let directory = checkout(&[("main.tf", &keys)]);
    let output = kmslint(directory.path(), &["check", "--no-config", "--format", "markdown"]);
    assert!(output.out.len() > 500 << 10 && output.out.len() < (1 << 20) - (64 << 10), "{} bytes", output.out.len());
    assert!(output.out.contains("lines were omitted here"), "{}", &output.out[output.out.len() - 300..]);
}

#[test]
fn config_file_is_reported_with_everything_it_turns_off() {
    let directory = checkout(&[
        ("infra/main.tf", CONTROL_KEY),
        ("infra/kmslint.toml", "exclude = [\"old/**\"]\nfail-on = \"never\"\n[rules.OCI-KMS-001]\nlevel = \"off\"\n"),
    ]);
    let off = "config: `infra/kmslint.toml` sets OCI-KMS-001 to off; never fails; excludes `old/**`";
    let output = kmslint(directory.path(), &["check", "infra"]);
    assert!(output.code == 0 && output.out.contains(off), "{output:#?}");
    let output = kmslint(directory.path(), &["check", "infra", "--format", "markdown"]);
    assert!(output.out.contains("sets OCI-KMS-001 to off"), "{output:#?}");
    let (_, report) = report(directory.path(), &["infra"]);
    assert_eq!(report["config"]["path"], "infra/kmslint.toml");
    assert_eq!(report["config"]["turns_off"].as_array().map(Vec::len), Some(3), "{report:#}");
    let output = kmslint(directory.path(), &["check", "infra", "--fail-on", "warning", "--level", "OCI-KMS-001=warning"]);
    assert!(output.code == 1 && output.out.contains("config: `infra/kmslint.toml` excludes `old/**`"), "{output:#?}");
    let output = kmslint(directory.path(), &["check", "infra", "--no-config"]);
    assert!(output.code == 1 && !output.out.contains("config:"), "{output:#?}");
}

#[test]
fn passed_but_excluded_path_is_reported() {
    let directory = checkout(&[
        ("kmslint.toml", "exclude = [\"main.tf\", \"plan.json\", \"old\"]\n"),
        ("plan.json", "{}"),
        ("old/main.tf", CONTROL_KEY),
    ]);
    for name in ["main.tf", "plan.json", "old"] {
        let output = kmslint(directory.path(), &["check", name]);
        let line = format!("1 path was not read: `{name}`; excluded by `kmslint.toml`");
        assert!(output.code == 0 && output.err.contains(&line), "{name}: {output:#?}");
        let (_, report) = report(directory.path(), &[name]);
        assert_eq!((&report["not_read"][0]["path"], &report["not_read"][0]["kind"]), (&name.into(), &"excluded".into()), "{report:#}");
    }
}

#[test]
fn file_name_that_looks_like_an_option_is_a_file() {
    let directory = checkout(&[("--write-baseline=x.tf", &CONTROL_KEY.replace("control", "other"))]);
    let output = kmslint(directory.path(), &["check", "--quiet", "--no-config", "--", "--write-baseline=x.tf"]);
    assert!(output.code == 1 && !directory.path().join("x.tf").exists(), "{output:#?}");
    let hooks = fs::read_to_string(crate::harness::root().join(".pre-commit-hooks.yaml")).expect("the hooks");
    let entries: Vec<&str> = hooks.lines().filter(|line| line.trim_start().starts_with("entry:")).collect();
    assert!(entries.len() == 3 && entries.iter().all(|entry| entry.ends_with(" --")), "{entries:?}");
}

#[test]
fn invalid_sensitivity_marks_hide_the_value() {
    for mark in
        ["true", "\"yes\"", "1", "null", "{\"display_name\": true}", "{\"display_name\": \"yes\"}", "{\"display_name\": null}", "[true]"]
    {
        let plan = format!(
            "{{\"format_version\": \"1.2\", \"terraform_version\": \"1.9.0\", \"resource_changes\": [{{\"address\": \"oci_kms_key.k\", \"mode\": \"managed\", \"type\": \"oci_kms_key\", \"name\": \"k\", \"change\": {{\"actions\": [\"create\"], \"before\": null, \"after\": {{\"display_name\": \"{TOKEN}\", \"protection_mode\": \"HSM\"}}, \"after_unknown\": {{}}, \"after_sensitive\": {mark}}}}}]}}"
        );
        let directory = checkout(&[("plan.json", &plan)]);
        let (output, report) = report(directory.path(), &["--no-config", "plan.json"]);
        assert_eq!(report["keys"].as_array().map(Vec::len), Some(1), "{mark}: {output:#?}");
        assert!(!output.out.contains(TOKEN), "{mark}: {output:#?}");
        let state = format!(
            "{{\"version\": 4, \"terraform_version\": \"1.9.0\", \"serial\": 1, \"lineage\": \"x\", \"outputs\": {{}}, \"resources\": [{{\"mode\": \"managed\", \"type\": \"oci_kms_key\", \"name\": \"k\", \"provider\": \"provider[\\\"registry.terraform.io/oracle/oci\\\"]\", \"instances\": [{{\"schema_version\": 0, \"attributes\": {{\"id\": \"ocid1.key.x\", \"display_name\": \"{TOKEN}\"}}, \"sensitive_attributes\": {mark}}}]}}]}}"
        );
        fs::write(directory.path().join("x.tfstate"), state).expect("a file");
        let output = kmslint(directory.path(), &["check", "--no-config", "--format", "json", "x.tfstate"]);
        assert!(!output.out.contains(TOKEN), "{mark}: {output:#?}");
    }
}
