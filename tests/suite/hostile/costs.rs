//! Configuration that is short to write and expensive to evaluate: bombs in YAML, gzip and JSON, loops over expensive calls, huge lists.

use super::{CONTROL_KEY, check, has_problem, keys, kmslint, mode_with_small_limits, rounds};
use crate::harness::{formats, local_reduction, scratch};
use base64::Engine;
use kmslint::eval::TOO_LARGE;
use std::fs;
use std::io::Write;

/// Checks `oci_kms_key.k`, whose protection mode is this expression, in a directory with these files. Returns the key.
fn mode(expression: &str, files: &[(&str, &str)]) -> serde_json::Value {
    let key = format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {expression}\n}}\n");
    let directory = scratch(&[files, &[("main.tf", CONTROL_KEY), ("k.tf", &key)]].concat());
    let (output, report) = check(directory.path(), &[]);
    let about: String = expression.chars().take(200).collect();
    let key = keys(&report).find(|key| key["address"] == "oci_kms_key.k");
    key.cloned().unwrap_or_else(|| panic!("{about}: the key is skipped, code {}", output.code))
}

/// Asserts that an expression is too large for small limits.
fn assert_too_large(expression: &str, files: &[(&str, &str)]) {
    let about: String = expression.chars().take(200).collect();
    assert_eq!(mode_with_small_limits(expression, files), TOO_LARGE, "{about}");
}

/// Gzip of this many MiB of one letter, in Base64.
fn gzip(mebibytes: usize, damaged: bool) -> String {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..mebibytes {
        packed.write_all(&[b'a'; 1 << 20]).expect("memory");
    }
    let mut packed = packed.finish().expect("memory");
    if damaged {
        packed.truncate(packed.len() - 4);
    }
    base64::engine::general_purpose::STANDARD.encode(packed)
}

#[test]
fn exploding_yaml_files_are_undetermined() {
    let aliases: String = (1..30).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))).collect();
    let merges: String = (1..3_000).map(|n| format!("a{n}: &a{n} {{<<: *a{}, k{n}: 1}}\n", n - 1)).collect();
    for (about, text) in [
        ("aliases of aliases", format!("a0: &a0 [lol]\n{aliases}")),
        ("mappings that merge each other", format!("a0: &a0 {{x: 1}}\n{merges}")),
        ("a large text many times", format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 20_000].join(","))),
        ("brackets", "[".repeat(100_000)),
        ("lists in lists", format!("{}x", "- ".repeat(100_000))),
        ("mappings in mappings", (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
    ] {
        let key = mode("jsonencode(yamldecode(file(\"bomb.yaml\")))", &[("bomb.yaml", &text)]);
        assert_eq!(key["protection_mode"]["why"], "the value is too large to evaluate", "{about}: {key:#}");
        assert_eq!(key["verdicts"]["OCI-KMS-004"]["verdict"], "undetermined", "{about}: {key:#}");
    }
}

#[test]
fn large_string_is_not_serialized_many_times() {
    let texts = format!(
        "locals {{\n  large = join(\"\", [for n in range(1000) : \"{}\"])\n  many = [for n in range(1000) : local.large]\n}}\n",
        "x".repeat(4_000)
    );
    for expression in ["jsonencode(local.many)", "yamlencode(local.many)", "format(\"%v\", local.many)", "join(\"\", local.many)"] {
        assert_too_large(expression, &[("texts.tf", &texts)]);
    }
    let keys = rounds("{ (join(\"\", [local.large, local.large])) = 1 }");
    assert_too_large(&keys, &[("texts.tf", &texts)]);
    // Names are shared, not copied, so this is cheap and evaluated.
    let key = mode(&rounds("{ (local.large) = 1 }"), &[("texts.tf", &texts)]);
    assert_eq!(key["protection_mode"]["value"], "SOFTWARE", "{key:#}");
}

#[test]
fn gzip_is_not_decompressed_many_times() {
    for packed in [gzip(17, false), gzip(1, true)] {
        assert_too_large(&rounds(&format!("try(base64gunzip(\"{packed}\"), \"\")")), &[]);
    }
    let small = gzip(7, false);
    let key = mode(&format!("base64gunzip(\"{small}\") == \"\" ? \"HSM\" : \"SOFTWARE\""), &[]);
    assert_eq!(key["protection_mode"]["value"], "SOFTWARE", "a small one is decompressed: {key:#}");
}

#[test]
fn long_strings_are_not_compared_many_times() {
    let text = "x".repeat(2_000_000);
    let locals = "locals {\n  text  = file(\"text.txt\")\n  other = replace(local.text, \"x\", \"x\")\n}\n";
    for call in ["startswith(local.text, \"y\")", "local.text == local.other", "sort([local.text, local.other])"] {
        assert_too_large(&rounds(call), &[("text.txt", &text), ("locals.tf", locals)]);
    }
}

#[test]
fn long_value_is_not_stored_for_each_of_many_keys() {
    let count = 1000 / local_reduction(4);
    let text = "locals {\n  large = join(\"\", [for n in range(1000) : \"PIECE\"])\n}\nresource \"oci_kms_key\" \"k\" {\n  count           = COUNT\n  display_name    = local.large\n  protection_mode = local.large\n}\nresource \"oci_kms_key\" \"refused\" {\n  count           = COUNT\n  protection_mode = jsondecode(local.large)\n}\n"
        .replace("PIECE", &"x".repeat(5_000))
        .replace("COUNT", &count.to_string());
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("large.tf", &text)]);
    let outside = scratch(&[]);
    let file = |format: &str| outside.path().join(format);
    let outputs: Vec<String> = formats().map(|format| format!("--format={format}={}", file(format).display())).collect();
    let output = kmslint(directory.path(), &[&["--no-config"], outputs.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat());
    assert_eq!(output.code, 2, "{}", output.err);
    for format in formats() {
        let report = fs::read_to_string(file(format)).expect("a report");
        assert!(report.len() + output.err.len() < 20 << 20, "{format}: {} bytes of report", report.len());
    }
    let (_, report) = check(directory.path(), &[]);
    let long: Vec<_> =
        keys(&report).filter(|key| key["address"].as_str().is_some_and(|address| address.starts_with("oci_kms_key.k["))).collect();
    assert_eq!(long.len(), count);
    for key in long {
        assert_eq!(key["protection_mode"]["claim"], "unknown");
        assert_eq!(key["protection_mode"]["why"], "its text of 5000000 bytes is too long to evaluate");
    }
}

#[test]
fn long_lists_from_files_are_checked_as_one_symbolic_key() {
    let list: String = (0..120_000).map(|n| format!("\"{n:x}\",")).collect();
    let key = |for_each: &str| {
        format!(
            "variable \"list\" {{\n  type = list(string)\n}}\nresource \"oci_kms_key\" \"k\" {{\n  for_each        = toset({for_each})\n  protection_mode = \"HSM\"\n}}\n"
        )
    };
    let json = format!("[{}]", list.trim_end_matches(','));
    for (for_each, files) in [
        ("jsondecode(file(\"list.json\"))", [("list.json", json.clone())]),
        ("var.list", [("terraform.tfvars", format!("list = {json}\n"))]),
        ("var.list", [("terraform.tfvars.json", format!("{{\"list\": {json}}}"))]),
    ]
    .into_iter()
    .step_by(local_reduction(3))
    {
        let [(name, text)] = &files;
        let directory = scratch(&[("main.tf", CONTROL_KEY), ("k.tf", &key(for_each)), (name, text)]);
        let (output, report) = check(directory.path(), &[]);
        let all: Vec<_> = keys(&report).filter(|key| key["address"] != "oci_kms_key.control").collect();
        assert_eq!(all.len(), 1, "{name}: one key represents all: {}", output.err);
        assert_eq!(all[0]["verdicts"]["OCI-KMS-004"]["verdict"], "violation", "{name}: {:#}", all[0]);
        assert_eq!(output.code, 1, "{name}: {}", output.err);
    }
}

#[test]
fn file_with_too_many_tokens_is_one_problem() {
    let numbers = "1,".repeat(1_100_000);
    for (name, text, sentence) in [
        ("terraform.tfvars", format!("list = [{numbers}]\n"), "only the beginning of this file was read"),
        ("long.tf", format!("locals {{\n  list = [{numbers}]\n}}\n"), "only the beginning of this file was read"),
        ("terraform.tfvars.json", format!("{{\"list\": [{}1]}}", numbers.repeat(2)), "this file is not read"),
    ]
    .into_iter()
    .step_by(local_reduction(3))
    {
        let directory = scratch(&[("main.tf", CONTROL_KEY), (name, &text)]);
        let (output, report) = check(directory.path(), &[]);
        assert!(has_problem(&output, &report, &[name, sentence, "more than 2000000"]), "{name}: {}", output.err);
        assert_eq!(report["problems"].as_array().map(Vec::len), Some(1), "{name}: nothing else is reported: {}", output.err);
        assert!(output.err.len() < 10_000, "{name}: {} bytes of messages", output.err.len());
    }
}

#[test]
fn archives_are_rejected_without_decompression() {
    let packed = base64::engine::general_purpose::STANDARD.decode(gzip(64, false)).expect("Base64");
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    for (name, head) in [("plan.json", b"".as_slice()), ("plan.bin", b"PK\x03\x04"), ("plan.gz", b""), ("state.tfstate", b"")] {
        fs::write(directory.path().join(name), [head, &packed].concat()).expect("a file");
        let output = kmslint(directory.path(), &["--no-config", name]);
        assert!(output.code == 2 && output.err.contains(name), "{name}: {output:#?}");
        let sentence = if head.is_empty() { "not a plan or a state" } else { "this is an archive" };
        assert!(output.err.contains(sentence), "{name}: {output:#?}");
    }
    fs::write(directory.path().join("packed.tf"), packed).expect("a file");
    let (output, report) = check(directory.path(), &[]);
    assert!(has_problem(&output, &report, &["packed.tf", "is binary"]), "{output:#?}");
}

#[test]
fn extremely_long_lines_are_cut() {
    let width = 5_000_000 / local_reduction(5);
    let text = format!("locals {{ a = \"{}\" b c }}\n", "x".repeat(width));
    let key = format!("resource \"oci_kms_key\" \"k\" {{ protection_mode = true ? \"HSM\" : \"{}\" }}\n", "x".repeat(100_000));
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("wide.tf", &text), ("key.tf", &key)]);
    let output = kmslint(directory.path(), &["--no-config"]);
    assert_eq!(output.code, 2, "{} bytes", output.err.len());
    assert!(
        output.err.contains(&format!("--> wide.tf:1:{}", width / 100)) && output.out.contains("key.tf:1:55") && output.out.contains('…'),
        "{} bytes: {}",
        output.err.len(),
        output.out
    );
    assert!(output.out.len() + output.err.len() < 10_000, "{} and {} bytes", output.out.len(), output.err.len());
}
