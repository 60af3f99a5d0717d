//! Secrets are not in any output: every kind of secret, through every expression, into every argument, in every format.

use crate::harness::{
    Output, command, formats, in_all_formats, in_parallel, local_reduction, output_of, read_json, report, scratch, with_tested_rules,
};
use base64::Engine as _;
use regex::Regex;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The secret. It looks like a token; any six consecutive characters of it count as disclosed.
const SECRET: &str = "Zq7xK2mW9pL4vN8tR3bY";

/// A kind of secret: a name, the files, the expression with the secret, the environment variable and the arguments.
struct SecretSource {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    expression_with_secret: &'static str,
    env: Option<(&'static str, &'static str)>,
    arguments: &'static [&'static str],
}

const fn kind(name: &'static str, files: &'static [(&'static str, &'static str)], expression_with_secret: &'static str) -> SecretSource {
    SecretSource { name, files, expression_with_secret, env: None, arguments: &[] }
}

const KINDS: &[SecretSource] = &[
    kind("sensitive default", &[("in.tf", "variable \"s\" {\n  sensitive = true\n  default   = \"SECRET\"\n}\n")], "var.s"),
    kind("sensitive by an expression", &[("in.tf", "variable \"s\" {\n  sensitive = !false\n  default   = \"SECRET\"\n}\n")], "var.s"),
    kind(
        "sensitive values file",
        &[("in.tf", "variable \"s\" {\n  sensitive = (true)\n}\n"), ("terraform.tfvars", "s = \"SECRET\"\n")],
        "var.s",
    ),
    kind(
        "sensitive JSON",
        &[
            ("in.tf.json", "{\"variable\": {\"s\": {\"sensitive\": true, \"default\": \"SECRET\"}}}"),
            ("a.auto.tfvars.json", "{\"s\": \"SECRET\"}"),
        ],
        "var.s",
    ),
    kind("ephemeral default", &[("in.tf", "variable \"s\" {\n  ephemeral = true\n  default   = \"SECRET\"\n}\n")], "var.s"),
    kind("sensitive() in place", &[], "sensitive(\"SECRET\")"),
    kind("sensitive() of an object", &[("in.tf", "locals {\n  s = sensitive({ a = { b = \"SECRET\" } })\n}\n")], "local.s.a.b"),
    kind("sensitive()", &[("in.tf", "locals {\n  s = sensitive(\"SECRET\")\n}\n")], "local.s"),
    kind(
        "sensitive in an object",
        &[("in.tf", "variable \"o\" {\n  sensitive = true\n  default   = { s = [\"SECRET\"] }\n}\n")],
        "var.o.s[0]",
    ),
    kind(
        "sensitive output",
        &[
            ("in.tf", "module \"o\" {\n  source = \"./o\"\n}\n"),
            ("o/o.tf", "output \"s\" {\n  sensitive = true\n  value     = \"SECRET\"\n}\n"),
        ],
        "module.o.s",
    ),
    kind(
        "sensitive in a called module",
        &[
            ("in.tf", "module \"o\" {\n  source = \"./o\"\n  s      = \"SECRET\"\n}\n"),
            ("o/o.tf", "variable \"s\" {\n  sensitive = true\n}\noutput \"s\" {\n  sensitive = true\n  value     = var.s\n}\n"),
        ],
        "module.o.s",
    ),
    kind("file", &[("token.txt", "SECRET")], "file(\"${path.module}/token.txt\")"),
    kind("decoded element", &[("token.json", "{\"a\": [\"SECRET\"]}")], "jsondecode(file(\"token.json\")).a[0]"),
    kind("template", &[("token.tpl", "SECRET")], "templatefile(\"token.tpl\", {})"),
    kind("git's config", &[(".git/config", "SECRET"), (".git/HEAD", "")], "file(\".git/config\")"),
    kind(
        "a values file that is a link",
        &[("in.tf", "variable \"s\" {}\n"), (".env", "s = \"SECRET\"\n"), ("LINK a.auto.tfvars", ".env")],
        "var.s",
    ),
    kind("a link into git", &[(".git/config", "SECRET"), (".git/HEAD", ""), ("LINK token.txt", ".git/config")], "file(\"token.txt\")"),
    SecretSource { env: Some(("TF_VAR_s", "SECRET")), ..kind("environment", &[("in.tf", "variable \"s\" {}\n")], "var.s") },
    SecretSource {
        env: Some(("TF_VAR_s", "[\"SECRET\"]")),
        ..kind("environment, a list", &[("in.tf", "variable \"s\" {\n  type = list(string)\n}\n")], "var.s[0]")
    },
    SecretSource {
        env: Some(("TF_VAR_s", "[SECRET]")),
        ..kind(
            "environment, does not parse",
            &[("in.tf", "variable \"s\" {\n  type      = list(string)\n  sensitive = true\n}\n")],
            "var.s[0]",
        )
    },
    SecretSource { arguments: &["--var", "s=SECRET"], ..kind("command line", &[("in.tf", "variable \"s\" {}\n")], "var.s") },
    SecretSource {
        arguments: &["--var", "s=[SECRET"],
        ..kind("command line, does not parse", &[("in.tf", "variable \"s\" {\n  type = list(string)\n}\n")], "var.s[0]")
    },
];

/// Expressions with the secret (`§`).
const EXPRESSIONS: [&str; 18] = [
    "§",
    "\"${§}\"",
    "\"x-${§}\"",
    "upper(§)",
    "strrev(§)",
    "base64encode(§)",
    "substr(§, 0, 8)",
    "format(\"%s\", §)",
    "try(§, \"d\")",
    "jsonencode({ a = § })",
    "split(\"q\", §)[1]",
    "element([for c in [§] : c], 0)",
    "§ == \"x\" ? \"HSM\" : §",
    "lookup({ (§) = § }, §, \"d\")",
    "[for c in [§] : substr(c, 0, 9)][0]",
    "join(\"\", [for c in split(\"\", §) : c])",
    "[§][*][0]",
    "\"%{ for c in [§] }${c}%{ endfor }\"",
];

/// Arguments that use an expression with the secret (`¤`).
const SINKS: [&str; 22] = [
    "protection_mode = ¤",
    "display_name = ¤",
    "compartment_id = ¤",
    "management_endpoint = ¤",
    "desired_state = ¤",
    "is_auto_rotation_enabled = ¤",
    "is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    rotation_interval_in_days = ¤\n  }",
    "is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    time_of_schedule_start = ¤\n  }",
    "key_shape {\n    algorithm = ¤\n    length = 32\n  }",
    "external_key_reference {\n    external_key_id = ¤\n  }",
    "freeform_tags = { a = ¤ }",
    "freeform_tags = { (¤) = 1 }",
    "defined_tags = { \"a.b\" = ¤ }",
    "for_each = toset([¤])\n  display_name = each.key",
    "for_each = { (¤) = ¤ }\n  protection_mode = each.value",
    "count = ¤ == \"x\" ? 1 : 0",
    "count = ¤",
    "protection_mode = { a = 1 }[¤]",
    "protection_mode = ¤ == \"x\" ? \"HSM\" : \"SOFTWARE\"",
    "lifecycle {\n    precondition {\n      condition     = ¤ == \"x\"\n      error_message = \"not ${¤}\"\n    }\n  }",
    "timeouts {\n    create = ¤\n  }",
    "is_auto_rotation_enabled = ¤ && true\n  protection_mode = -¤",
];

/// The number of consecutive characters of a secret, or of a conversion of it, that count as disclosed.
const TRACE: usize = 6;

/// A pattern of all parts and conversions of the secret that count as disclosed.
fn traces() -> Regex {
    let reversed: String = SECRET.chars().rev().collect();
    let encoded = base64::engine::general_purpose::STANDARD.encode(SECRET);
    let mut all = BTreeSet::new();
    for text in [SECRET, &SECRET.to_uppercase(), &SECRET.to_lowercase(), &reversed, &encoded] {
        all.extend((0..=text.len() - TRACE).map(|at| regex::escape(&text[at..at + TRACE])));
    }
    Regex::new(&Vec::from_iter(all).join("|")).expect("a pattern")
}

/// The first trace in an output.
fn find_trace<'t>(text: &'t str, traces: &Regex) -> Option<&'t str> {
    traces.find(text).map(|found| found.as_str())
}

/// A directory with a kind's files, and these.
fn planted(kind: &SecretSource, more: &[(&str, &str)]) -> TempDir {
    let directory = scratch(more);
    for (path, text) in kind.files {
        let text = text.replace("SECRET", SECRET);
        match path.strip_prefix("LINK ") {
            #[cfg(unix)]
            Some(link) => std::os::unix::fs::symlink(&text, directory.path().join(link)).expect("a link"),
            #[cfg(not(unix))]
            Some(_) => {}
            None => {
                let path = directory.path().join(path);
                fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
                fs::write(path, text).expect("a file");
            }
        }
    }
    directory
}

fn run(directory: &Path, kind: &SecretSource, arguments: &[&str]) -> Output {
    let mut command = command(directory);
    if let Some((name, value)) = kind.env {
        command.env(name, value.replace("SECRET", SECRET));
    }
    output_of(command.args(with_tested_rules(arguments)).args(kind.arguments.iter().map(|argument| argument.replace("SECRET", SECRET))))
}

/// Where a kind of secret is disclosed, in any format, and the number of checked keys. Each kind has another `start`, so that together they
/// cover each expression in each sink.
fn find_leaks(kind: &SecretSource, start: usize, traces: &Regex) -> (String, usize) {
    let mut checked_keys = 0;
    let mut planted_keys = 0;
    let mut leaks = String::new();
    let mut text = String::new();
    for (at, expression) in EXPRESSIONS.iter().enumerate() {
        let expression = expression.replace('§', kind.expression_with_secret);
        for (sink, body) in SINKS.iter().enumerate().skip((start + at) % local_reduction(22)).step_by(local_reduction(22)) {
            planted_keys += 1;
            let body = body.replace('¤', &expression);
            writeln!(text, "resource \"oci_kms_key\" \"k{at}_{sink}\" {{\n  {body}\n}}").expect("a text");
        }
    }
    for (at, expression) in EXPRESSIONS.iter().enumerate() {
        let expression = expression.replace('§', kind.expression_with_secret);
        writeln!(text, "module \"m{at}\" {{\n  source = \"./${{{expression}}}\"\n}}").expect("a text");
    }
    writeln!(text, "resource \"oci_kms_key\" \"control\" {{\n  protection_mode = \"HSM\"\n}}").expect("a text");
    let directory = planted(kind, &[("main.tf", &text.replace("SECRET", SECRET))]);
    let outputs: Vec<String> = formats().map(|format| format!("{format}=out-{format}")).collect();
    let mut arguments = vec!["check", "--no-config", "--verbose", "--show-passes", "--sarif-include-suppressed"];
    arguments.extend(outputs.iter().flat_map(|output| ["--format", output.as_str()]));
    let output = run(directory.path(), kind, &arguments);
    assert!((1..=2).contains(&output.code), "{}: {output:#?}", kind.name);
    let text = fs::read_to_string(directory.path().join("out-json")).expect("a report");
    let report = read_json(&text).expect("JSON");
    let keys = report["keys"].as_array().expect("keys").len();
    assert!(keys > planted_keys * 3 / 4, "{}: only {keys} of {planted_keys} keys", kind.name);
    let files = formats().map(|format| (format, fs::read_to_string(directory.path().join(format!("out-{format}"))).expect("a report")));
    for (output, text) in files.chain([("standard output", output.out.clone()), ("standard error", output.err.clone())]) {
        checked_keys += planted_keys;
        if let Some(trace) = find_trace(&text, traces) {
            let line = text.lines().find(|line| line.contains(trace)).unwrap_or_default();
            writeln!(leaks, "{}, {output}: {}", kind.name, line.get(..line.floor_char_boundary(300)).unwrap_or(line)).expect("a text");
        }
    }
    let diff = run(directory.path(), kind, &["check", "--no-config", "--diff", "--unsafe-fixes"]);
    let diff = diff.out + &diff.err;
    if find_trace(&diff, traces).is_some() {
        writeln!(leaks, "{}, --diff", kind.name).expect("a text");
    }
    (leaks, checked_keys)
}

#[test]
fn secrets_are_not_shown_in_any_format() {
    let traces = traces();
    // In parallel, because this is the longest test and one of the last to start.
    let found: Vec<(String, usize)> = in_parallel(KINDS.iter().enumerate(), |(start, kind)| find_leaks(kind, start, &traces));
    let leaks: String = found.iter().map(|(leaks, _)| leaks.as_str()).collect();
    let checked_keys: usize = found.iter().map(|(_, checked_keys)| checked_keys).sum();
    assert!(leaks.is_empty(), "{leaks}");
    assert!(checked_keys >= 110_000 / local_reduction(22), "{checked_keys}");
}

#[test]
fn lines_next_to_a_secret_are_not_shown() {
    let traces = traces();
    for (name, files) in [
        (
            "syntax error in a values file",
            &[("main.tf", "variable \"s\" {\n  sensitive = true\n}\n"), ("terraform.tfvars", "s = \"SECRET\n")][..],
        ),
        ("syntax error on the line", &[("main.tf", "variable \"s\" {\n  sensitive = true\n  default = \"SECRET\" }\n}\n")]),
        (
            "an overridden default",
            &[
                ("main.tf", "variable \"m\" {\n  default = \"HSM\"\n}\nvariable \"s\" {\n  default = \"SECRET\"\n}\n"),
                ("override.tf", "variable \"s\" {\n  sensitive = true\n  default   = \"x\"\n}\n"),
            ],
        ),
        (
            "lines between labels",
            &[
                ("main.tf", "variable \"m\" {}\nvariable \"s\" {\n  sensitive = true\n}\n"),
                ("terraform.tfvars", "m = \"HSM\"\ns = \"SECRET\"\nn = \"x\"\n"),
            ],
        ),
    ] {
        let key = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = var.m\n}\nresource \"oci_kms_key\" \"j\" {\n  protection_mode = var.s\n}\n";
        let directory = scratch(&[("key.tf", key)]);
        for (path, text) in files {
            fs::write(directory.path().join(path), text.replace("SECRET", SECRET)).expect("a file");
        }
        let (output, reports) = in_all_formats(command(directory.path()).args(["check", "--no-config"]));
        assert!(output.code >= 1, "{name}: {output:#?}");
        for (from, text) in reports.into_iter().chain([("standard error", output.err)]) {
            assert_eq!(find_trace(&text, &traces), None, "{name}, {from}: {text}");
        }
    }
}

#[test]
fn hidden_source_line_is_reported_by_its_position() {
    let directory = scratch(&[
        ("main.tf", "variable \"m\" {\n  sensitive = true\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.m\n}\n"),
        ("terraform.tfvars", "m = \"HSM\"\n"),
    ]);
    let output = output_of(command(directory.path()).args(["check", "--no-config"]));
    assert!(
        output.code == 1 && output.out.contains("terraform.tfvars:1:5: set by `terraform.tfvars` (source code not available)"),
        "{output:#?}"
    );
    assert!(output.out.contains("protection_mode = var.m") && !output.out.contains("m = \"HSM\""), "{output:#?}");
}

#[test]
fn instance_keys_from_files_are_names_or_numbers() {
    let names = format!("{{\"prod\": \"HSM\", \"{SECRET}\": \"HSM\", \"test\": \"HSM\"}}");
    let directory = scratch(&[
        ("names.json", &names),
        ("whole.txt", "prod"),
        ("names.values", "prod = \"HSM\"\n"),
        ("keys/a.json", "{}"),
        (
            "main.tf",
            concat!(
                "terraform {\n  required_providers {\n    terraform = { source = \"terraform.io/builtin/terraform\" }\n  }\n}\n",
                "locals {\n  names = jsondecode(file(\"names.json\"))\n}\n",
                "resource \"oci_kms_key\" \"names\" {\n  for_each        = local.names\n  protection_mode = each.value\n}\n",
                "resource \"oci_kms_key\" \"whole\" {\n  for_each = toset([file(\"whole.txt\")])\n}\n",
                "resource \"oci_kms_key\" \"line\" {\n  for_each = toset(split(\"\\n\", file(\"whole.txt\")))\n}\n",
                "resource \"oci_kms_key\" \"piece\" {\n  for_each = toset([for name in keys(local.names) : substr(name, 0, 4)])\n}\n",
                "resource \"oci_kms_key\" \"files\" {\n  for_each = fileset(\"keys\", \"*.json\")\n}\n",
                "resource \"oci_kms_key\" \"stems\" {\n  for_each = toset([for name in fileset(\"keys\", \"*.json\") : trimsuffix(name, \".json\")])\n}\n",
                "resource \"oci_kms_key\" \"written\" {\n  for_each = toset([\"a\"])\n}\n",
                "resource \"oci_kms_key\" \"decoded\" {\n  for_each = provider::terraform::decode_tfvars(file(\"names.values\"))\n}\n",
                "resource \"oci_kms_key\" \"encoded\" {\n  for_each = toset([provider::terraform::encode_expr([keys(local.names)[0]])])\n}\n",
                "resource \"oci_kms_key_version\" \"v\" {\n  for_each = local.names\n  key_id   = oci_kms_key.names[each.key].id\n}\n",
            ),
        ),
    ]);
    let (output, report) = report(directory.path(), &["--no-config"]);
    let addresses: Vec<&str> = report["keys"].as_array().expect("keys").iter().map(|key| key["address"].as_str().expect("text")).collect();
    for address in [
        "oci_kms_key.names[\"prod\"]",
        "oci_kms_key.names[\"test\"]",
        "oci_kms_key.names[\"…1\"]",
        "oci_kms_key.whole[\"…1\"]",
        "oci_kms_key.line[\"…1\"]",
        "oci_kms_key.files[\"a.json\"]",
        "oci_kms_key.stems[\"a\"]",
        "oci_kms_key.written[\"a\"]",
        "oci_kms_key.decoded[\"prod\"]",
        "oci_kms_key.encoded[\"…1\"]",
    ] {
        assert!(addresses.contains(&address), "{address}: {addresses:?} {output:#?}");
    }
    assert!(
        addresses.iter().filter(|address| address.starts_with("oci_kms_key.piece")).all(|address| address.contains('…')),
        "{addresses:?}"
    );
    // The version still belongs to the key with the hidden name.
    let hidden =
        report["keys"].as_array().expect("keys").iter().find(|key| key["address"] == "oci_kms_key.names[\"…1\"]").expect("the key");
    assert_eq!(hidden["key_versions"][0]["id"], "oci_kms_key_version.v[\"…1\"]", "{hidden:#}");
    assert_eq!(hidden["protection_mode"]["value"], "HSM", "{hidden:#}");
}

#[test]
fn tags_from_files_are_shown_without_their_value() {
    let directory = scratch(&[
        ("tag.txt", "x"),
        ("kmslint.toml", "[[exempt]]\nrules = [\"OCI-KMS-001\", \"OCI-KMS-004\"]\ntag = \"From=x\"\nreason = \"a test\"\n"),
        (
            "main.tf",
            "resource \"oci_kms_key\" \"k\" {\n  freeform_tags = { From = file(\"tag.txt\"), Own = \"y\", Number = parseint(\"3\", 10) }\n}\n",
        ),
    ]);
    let (output, report) = report(directory.path(), &[]);
    let tags = &report["keys"][0]["freeform_tags"];
    assert_eq!(*tags, serde_json::json!({"From": null, "Number": "3", "Own": "y"}), "{output:#?}");
    // The hidden value still matches an exemption.
    assert_eq!(report["exempted"].as_array().expect("exempted").len(), 2, "{output:#?}");
}
