//! An entire repository from bytes: configuration, links, unusual names, `.terraform`, config files, plans. Whatever is in it, a run ends
//! with 0, 1 or 2, shows no secret, writes only requested files, prints no command of a CI service, and its reports can be parsed.
#![no_main]

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use kmslint::cli::fuzzing::run;
use kmslint::report::Format;
use kmslint_fuzz::{Repository, Snapshot};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Secrets, named after the place of each.
const IN_GIT: &str = "Gk4tR9vX2mQ7wZ3pL8nB";
const OUTSIDE: &str = "Ou5sD1yH6jF0cK4eT9aU";
const MARKED: &str = "Mr2dN7uV5iP0xB9fA3oE";
const PLANNED: &str = "Pn6hC1lZ8yG4wT2rJ7kS";
const IN_CHECKOUT: &str = "Ck3qW8eX5vD0bH6mY1uI";
const IN_ENVIRONMENT: &str = "En8vJ3xC7bM2qS6zW1gY";

/// Files that only the owner of the checkout could have written.
const PLANTED: [(&str, &str); 8] = [
    ("repo/.git/HEAD", "ref: refs/heads/main\n"),
    (
        "repo/.git/config",
        "[http]\n\textraheader = AUTHORIZATION: basic Gk4tR9vX2mQ7wZ3pL8nB\n[remote \"origin\"]\n\turl = https://x:Gk4tR9vX2mQ7wZ3pL8nB@example.com/acme/infra\n",
    ),
    ("repo/creds.txt", "token = \"Ck3qW8eX5vD0bH6mY1uI\"\n"),
    ("repo/creds.json", "{\"a\": {\"Ck3qW8eX5vD0bH6mY1uI\": [\"Ck3qW8eX5vD0bH6mY1uI\"]}}\n"),
    ("repo/planted.tf", "variable \"planted\" {\n  sensitive = true\n}\nvariable \"env\" {\n}\n"),
    ("repo/planted.auto.tfvars", "planted = \"Mr2dN7uV5iP0xB9fA3oE\"\n"),
    ("outside/secret.txt", "Ou5sD1yH6jF0cK4eT9aU"),
    (
        "outside/module/main.tf",
        "variable \"m\" {\n  default = \"x\"\n}\nresource \"oci_kms_key\" \"theirs\" {\n  display_name = \"Ou5sD1yH6jF0cK4eT9aU\" # Ou5sD1yH6jF0cK4eT9aU\n  protection_mode = upper(var.m)\n}\noutput \"theirs\" {\n  value = \"Ou5sD1yH6jF0cK4eT9aU\"\n}\n",
    ),
];
const PLAN: &str = r#"{"format_version": "1.2", "terraform_version": "1.9.0", "complete": true, "errored": false, "applyable": true,
"variables": {"v": {"value": "Pn6hC1lZ8yG4wT2rJ7kS"}}, "resource_changes": [{"address": "oci_kms_key.k[\"a\"]", "mode": "managed",
"type": "oci_kms_key", "name": "k", "index": "a", "change": {"actions": ["create"], "before": null, "after": {"display_name": "Pn6hC1lZ8yG4wT2rJ7kS",
"protection_mode": "Pn6hC1lZ8yG4wT2rJ7kS"}, "after_unknown": {}, "after_sensitive": {"display_name": true, "protection_mode": true}}}]}"#;
const STATE: &str = r#"{"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "outputs": {}, "resources": [{"mode": "managed",
"type": "oci_kms_key", "name": "k", "provider": "provider[\"registry.terraform.io/oracle/oci\"]", "instances": [{"schema_version": 0,
"attributes": {"id": "ocid1.key.oc1..a", "display_name": "Pn6hC1lZ8yG4wT2rJ7kS"},
"sensitive_attributes": [[{"type": "get_attr", "value": "display_name"}]]}]}]}"#;

libfuzzer_sys::fuzz_target!(
    init: {
        // Prints a panic to libFuzzer's own output, although the output of a run is captured.
        let inner = std::panic::take_hook();
        let err = streams().err.try_clone().expect("a stream");
        std::panic::set_hook(Box::new(move |info| {
            let _ = rustix::stdio::dup2_stderr(&err);
            inner(info);
        }));
    },
    |data: &[u8]| check(data)
);

fn check(data: &[u8]) {
    if trace(data, &[IN_GIT, OUTSIDE, MARKED, PLANNED, IN_CHECKOUT, IN_ENVIRONMENT]).is_some() {
        return;
    }
    let repository = Repository::read(data);
    let base = base();
    let _ = fs::remove_dir_all(base);
    for (path, text) in PLANTED {
        plant(&base.join(path), text);
    }
    fs::create_dir_all(base.join("out")).expect("a directory");
    repository.write(&base.join("repo"));
    plant(&base.join("plans/plan.json"), PLAN);
    plant(&base.join("plans/planted.tfstate"), STATE);
    std::env::set_current_dir(base.join("repo")).expect("a directory");
    let before = Snapshot::of(base);

    let is = |bit: u32| repository.options >> bit & 1 == 1;
    let mut words = vec!["kmslint".to_owned(), "check".to_owned()];
    for format in Format::ALL {
        words.push(format!("--format={0}=../out/{0}", format.name));
    }
    // Three bits, so that it is rare: with this option no report is written.
    let writes_baseline = is(8) && is(9) && is(3);
    let fixes = (is(5) || is(6)) && !is(7);
    let options: [(bool, &[&str]); 14] = [
        (is(0), &["--confined"]),
        (is(1), &["--no-config"]),
        (is(2), &["--no-exemptions"]),
        (is(3), &["--strict"]),
        (is(4), &["--verbose", "--show-passes", "--sarif-include-suppressed", "--format=human"]),
        (is(5), &["--fix"]),
        (is(6), &["--unsafe-fixes"]),
        (is(7), &["--diff"]),
        (writes_baseline, &["--write-baseline=baseline.json"]),
        (is(9), &["--format=sarif=kmslint.sarif"]),
        (is(13) && Path::new("infra").is_dir(), &["--chdir=infra"]),
        (is(14), &["--dialect=opentofu"]),
        (is(11) && is(15) && Path::new("infra").is_dir(), &["--source=infra"]),
        (true, &["--now=2027-01-01T00:00:00Z", "--"]),
    ];
    words.extend(options.iter().filter(|(is, _)| *is).flat_map(|(_, words)| *words).map(|word| (*word).to_owned()));
    if is(10) {
        words.extend(repository.names());
    }
    if is(11) {
        words.extend([base.join("plans/plan.json"), base.join("plans/planted.tfstate")].map(|path| path.display().to_string()));
    }
    if !is(10) && !is(11) {
        words.push(".".to_owned());
    }

    let mut secrets = vec![IN_GIT, OUTSIDE, PLANNED, IN_CHECKOUT, IN_ENVIRONMENT];
    secrets.extend((!repository.may_unmark()).then_some(MARKED));
    let output = run_captured(&words);
    check_output(&output, &secrets);
    let after = Snapshot::of(base);
    before.compare(&after, fixes, &[(writes_baseline, "repo/baseline.json"), (is(9), "repo/kmslint.sarif")]);
    if is(12) && !fixes && !writes_baseline && !is(9) {
        let again = run_captured(&words);
        assert!(output == again, "the same input gives different output");
    }
    // `kmslint eval` prints what an expression reads from the checkout and the environment.
    secrets.retain(|secret| ![IN_CHECKOUT, IN_ENVIRONMENT].contains(secret));
    for expression in &repository.expressions {
        let _ = fs::remove_dir_all(base.join("out"));
        fs::create_dir_all(base.join("out")).expect("a directory");
        let output = run_captured(&["kmslint".to_owned(), "eval".to_owned(), "--".to_owned(), expression.clone()]);
        check_output(&output, &secrets);
        after.compare(&Snapshot::of(base), false, &[]);
    }
    let _ = fs::remove_dir_all(base);
}

/// The directory that contains the repository: the same for every input of a process, because its name is in absolute paths.
fn base() -> &'static Path {
    static BASE: OnceLock<PathBuf> = OnceLock::new();
    BASE.get_or_init(|| {
        let parent = if Path::new("/dev/shm").is_dir() { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
        parent.canonicalize().expect("a directory").join(format!("kmslint-fuzz.{}", std::process::id()))
    })
}

fn plant(path: &Path, text: &str) {
    // Files from the input are not overwritten.
    if fs::symlink_metadata(path).is_err() {
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
}

/// The exit code of a run, and its outputs by name.
type RunOutput = (u8, BTreeMap<String, Vec<u8>>);

/// The process's own streams.
struct Streams {
    out: OwnedFd,
    err: OwnedFd,
}

fn streams() -> &'static Streams {
    static STREAMS: OnceLock<Streams> = OnceLock::new();
    STREAMS.get_or_init(|| Streams {
        out: rustix::io::dup(rustix::stdio::stdout()).expect("a stream"),
        err: rustix::io::dup(rustix::stdio::stderr()).expect("a stream"),
    })
}

fn run_captured(words: &[String]) -> RunOutput {
    let out = base().join("out");
    rustix::stdio::dup2_stdout(File::create(out.join("standard output")).expect("a file")).expect("a stream");
    rustix::stdio::dup2_stderr(File::create(out.join("standard error")).expect("a file")).expect("a stream");
    let environment = BTreeMap::from([
        ("TF_VAR_env".to_owned(), IN_ENVIRONMENT.to_owned()),
        ("TF_VAR_list".to_owned(), format!("[\"{IN_ENVIRONMENT}\"]")),
        ("TOKEN".to_owned(), IN_ENVIRONMENT.to_owned()),
    ]);
    let code: io::Result<u8> = run(words, environment, &base().join("repo"));
    rustix::stdio::dup2_stdout(&streams().out).expect("a stream");
    rustix::stdio::dup2_stderr(&streams().err).expect("a stream");
    let texts = fs::read_dir(&out).expect("a directory").map(|entry| {
        let entry = entry.expect("an entry");
        (entry.file_name().into_string().expect("a name"), fs::read(entry.path()).expect("a file"))
    });
    (code.expect("streams can be written"), texts.collect())
}

/// Checks everything that a run prints.
fn check_output((code, texts): &RunOutput, secrets: &[&str]) {
    assert!(*code <= 2, "exit code {code}");
    for (name, text) in texts {
        if let Some(secret) = trace(text, secrets) {
            panic!("{name} shows a part of {secret}: {}", String::from_utf8_lossy(text));
        }
        let text = std::str::from_utf8(text).expect("an output is UTF-8");
        let lower = text.to_ascii_lowercase();
        assert!(!lower.contains("##[") && !lower.contains("##vso["), "{name}: {text}");
        for line in text.split(['\n', '\r']).filter(|line| line.trim_start().starts_with("::")) {
            let is_own = name == "github" && ["::error ", "::warning ", "::notice "].iter().any(|own| line.starts_with(own));
            assert!(is_own, "{name}: a command: {line}");
        }
        match name.as_str() {
            "json" | "sarif" | "gitlab" | "gitlab-sast" | "rdjson" => {
                serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
            }
            "junit" | "checkstyle" => check_well_formed(name, text),
            "markdown" => assert!(text.len() < (1 << 20) - (64 << 10), "a summary of {} bytes", text.len()),
            _ => {}
        }
    }
}

fn check_well_formed(name: &str, text: &str) {
    let is_char = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_char), "{name}: {text:?}");
    for (at, _) in text.match_indices('&') {
        let reference = text[at + 1..].split_once(';').map_or("", |(reference, _)| reference);
        let is_valid = match reference.strip_prefix('#') {
            None => ["lt", "gt", "amp", "quot", "apos"].contains(&reference),
            Some(number) => {
                let code = number.strip_prefix('x').map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
                code.and_then(char::from_u32).is_some_and(is_char)
            }
        };
        assert!(is_valid, "{name}: `&{reference};`");
    }
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => break,
            Ok(_) => {}
            Err(error) => panic!("{name} is not well-formed: {error}: {text}"),
        }
    }
}

/// The secret that a text shows: six consecutive characters of it, or of its reversed or Base64-encoded form.
fn trace(text: &[u8], secrets: &[&str]) -> Option<&'static str> {
    static TRACES: OnceLock<(AhoCorasick, Vec<&'static str>)> = OnceLock::new();
    let (search, secret_of_trace) = TRACES.get_or_init(|| {
        let (mut traces, mut secret_of_trace) = (Vec::new(), Vec::new());
        for secret in [IN_GIT, OUTSIDE, MARKED, PLANNED, IN_CHECKOUT, IN_ENVIRONMENT] {
            let reversed: String = secret.chars().rev().collect();
            let encoded = (0..3).map(|shift| {
                let text = base64::engine::general_purpose::STANDARD.encode(format!("{}{secret}", &"xyz"[..shift]));
                // The first and last characters also encode neighboring bytes.
                text[4..text.len() - 4].to_owned()
            });
            for form in [secret.to_lowercase(), reversed.to_lowercase()].into_iter().chain(encoded.map(|text| text.to_lowercase())) {
                for at in 0..=form.len() - 6 {
                    traces.push(form[at..at + 6].to_owned());
                    secret_of_trace.push(secret);
                }
            }
        }
        (AhoCorasick::builder().ascii_case_insensitive(true).build(traces).expect("a few short texts"), secret_of_trace)
    });
    search.find_overlapping_iter(text).map(|found| secret_of_trace[found.pattern().as_usize()]).find(|secret| secrets.contains(secret))
}
