//! Hostile repositories and arbitrary bytes: each run ends by itself, in bounded memory, with a clear sentence, and still judges what it can.

/// What stands in files.
#[cfg(unix)]
mod contents;
/// What is cheap to write and dear to compute.
#[cfg(unix)]
mod costs;
/// What a report could be made to tell.
#[cfg(unix)]
mod disclosure;
/// What is opened in an editor, and what a client sends.
#[cfg(unix)]
mod editor;
/// What lies in directories.
#[cfg(unix)]
mod files;
/// What grows.
#[cfg(unix)]
mod growth;
/// No panic on any bytes; nothing that must not matter matters.
mod properties;
/// What a pull request of a stranger may try.
#[cfg(unix)]
mod untrusted;
/// Writes are complete or did not happen.
#[cfg(unix)]
mod writes;

use crate::harness::{Output, clear_environment, read_json, with_tested_rules};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A key that violates OCI-KMS-004; every hostile directory has it, and it must be judged.
const HONEST: &str = "resource \"oci_kms_key\" \"honest\" {\n  protection_mode = \"HSM\"\n}\n";

/// More address space than any input may need, in KiB.
const MEMORY: u64 = 4 << 20;

/// A guard against runs that never end, far above what any takes; no test depends on how long one takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// A shell command in a directory under guard: it may not hang, not eat memory, not panic, not be killed. `$KMSLINT` is the binary.
fn shell(directory: &Path, script: &str, arguments: &[&str]) -> Output {
    let output = unguarded(directory, &format!("ulimit -v {MEMORY} 2>/dev/null; {script}"), arguments);
    assert!((0..=2).contains(&output.code), "killed, or an exit code of nobody's: {output:#?}");
    assert!(!output.err.contains("panicked"), "{output:#?}");
    output
}

/// A shell command in a directory that may be killed, but not hang.
fn unguarded(directory: &Path, script: &str, arguments: &[&str]) -> Output {
    let child = clear_environment(&mut Command::new("/bin/sh"))
        .args(["-c", script, "sh"])
        .args(arguments)
        .current_dir(directory)
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .env("KMSLINT", env!("CARGO_BIN_EXE_kmslint"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell starts");
    let pid = child.id().to_string();
    let (ended, end) = mpsc::channel();
    let waiting = std::thread::spawn(move || ended.send(child.wait_with_output()).expect("somebody waits"));
    let output = end.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-9", &pid]).status();
        panic!("`{script}` {arguments:?} hangs")
    });
    waiting.join().expect("the waiting thread ends");
    let output = output.expect("the command ends");
    Output {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}

/// kmslint in a directory under guard.
fn kmslint(directory: &Path, arguments: &[&str]) -> Output {
    shell(directory, "exec \"$KMSLINT\" \"$@\"", &with_tested_rules(arguments))
}

/// Judges a hostile directory: the run ends, and the honest key in it is found.
fn judged(directory: &Path, arguments: &[&str]) -> (Output, serde_json::Value) {
    let output = kmslint(directory, &[&["check", "--no-config", "--format", "json"], arguments].concat());
    let report = read_json(&output.out).unwrap_or_else(|error| panic!("no JSON report ({error}): {output:#?}"));
    let honest: Vec<_> = keys(&report).filter(|key| key["address"] == "oci_kms_key.honest").collect();
    assert_eq!(honest.len(), 1, "the honest key is judged once: {output:#?}");
    assert_eq!(honest[0]["verdicts"]["OCI-KMS-004"]["verdict"], "violation", "{output:#?}");
    assert!(output.code >= 1, "{output:#?}");
    (output, report)
}

/// The keys of a report.
fn keys(report: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    report["keys"].as_array().expect("keys").iter()
}

/// Whether a problem with these words was told, which makes the exit code 2.
fn has_problem(output: &Output, report: &serde_json::Value, words: &[&str]) -> bool {
    output.code == 2
        && report["problems"].as_array().expect("problems").iter().any(|problem| {
            let text = problem.to_string();
            words.iter().all(|word| text.contains(word))
        })
}
