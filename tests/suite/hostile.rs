//! Hostile repositories and arbitrary bytes: each run ends in bounded time and memory, with a clear message, and still checks other keys.

/// Hostile contents of files.
#[cfg(unix)]
mod contents;
/// Configuration that is short to write and expensive to evaluate.
#[cfg(unix)]
mod costs;
/// Attempts to make a report disclose files or environment variables.
#[cfg(unix)]
mod disclosure;
/// Hostile repositories in an editor, and hostile clients of the language server.
#[cfg(unix)]
mod editor;
/// Hostile directory entries.
#[cfg(unix)]
mod files;
/// Large inputs: the output is complete, or a problem reports what was cut.
#[cfg(unix)]
mod growth;
/// No panic on arbitrary bytes; irrelevant differences do not change the output.
mod properties;
/// Attacks by the pull request of a stranger.
#[cfg(unix)]
mod untrusted;
/// Writes are atomic.
#[cfg(unix)]
mod writes;

use crate::harness::{Output, clear_environment, read_json, scan_with_limits, with_tested_rules};
use kmslint::base::Claim;
use kmslint::eval::Limits;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The control key, which violates OCI-KMS-004: every hostile directory has it, and it must be reported.
const CONTROL_KEY: &str = "resource \"oci_kms_key\" \"control\" {\n  protection_mode = \"HSM\"\n}\n";

/// The limit of the address space in KiB, more than any input may need.
const MEMORY: u64 = 4 << 20;

/// Ends runs that hang. It is far above the duration of any run, so that no test depends on speed.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Runs a shell command in a directory; it must not hang, exceed the memory limit, panic, or be killed. `$KMSLINT` is the binary.
fn shell(directory: &Path, script: &str, arguments: &[&str]) -> Output {
    // macOS does not support `ulimit -v`; there the run has no memory limit.
    let output = shell_without_limits(directory, &format!("ulimit -v {MEMORY} 2>/dev/null; {script}"), arguments);
    assert!((0..=2).contains(&output.code), "killed, or an undocumented exit code: {output:#?}");
    assert!(!output.err.contains("panicked"), "{output:#?}");
    output
}

/// Runs a shell command in a directory; it may be killed, but it must not hang.
fn shell_without_limits(directory: &Path, script: &str, arguments: &[&str]) -> Output {
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
    let (sender, receiver) = mpsc::channel();
    let waiter = std::thread::spawn(move || sender.send(child.wait_with_output()).expect("the receiver exists"));
    let output = receiver.recv_timeout(TIMEOUT).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-9", &pid]).status();
        panic!("`{script}` {arguments:?} hangs")
    });
    waiter.join().expect("the waiting thread ends");
    let output = output.expect("the command ends");
    Output {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}

/// Runs kmslint in a directory, with the limits of [`shell`].
fn kmslint(directory: &Path, arguments: &[&str]) -> Output {
    shell(directory, "exec \"$KMSLINT\" \"$@\"", &with_tested_rules(arguments))
}

/// Checks a hostile directory; the control key in it must be reported.
fn check(directory: &Path, arguments: &[&str]) -> (Output, serde_json::Value) {
    let output = kmslint(directory, &[&["check", "--no-config", "--format", "json"], arguments].concat());
    let report = read_json(&output.out).unwrap_or_else(|error| panic!("no JSON report ({error}): {output:#?}"));
    let found: Vec<_> = keys(&report).filter(|key| key["address"] == "oci_kms_key.control").collect();
    assert_eq!(found.len(), 1, "the control key must be checked once: {output:#?}");
    assert_eq!(found[0]["verdicts"]["OCI-KMS-004"]["verdict"], "violation", "{output:#?}");
    assert!(output.code >= 1, "{output:#?}");
    (output, report)
}

/// The keys of a report.
fn keys(report: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    report["keys"].as_array().expect("keys").iter()
}

/// Whether a problem with these words was reported and the exit code is 2.
fn has_problem(output: &Output, report: &serde_json::Value, words: &[&str]) -> bool {
    output.code == 2
        && report["problems"].as_array().expect("problems").iter().any(|problem| {
            let text = problem.to_string();
            words.iter().all(|word| text.contains(word))
        })
}

/// Limits that are exhausted soon, in proportion to the default ones.
#[cfg(unix)]
fn small_limits() -> Limits {
    let usual = Limits::default();
    Limits { work: usual.work / 125, size: usual.size / 8, run_work: usual.run_work / 125, run_kept: usual.run_kept / 8, depth: 900 }
}

/// The protection mode of `oci_kms_key.k`, or why it is unknown.
#[cfg(unix)]
fn mode_with_small_limits(expression: &str, files: &[(&str, &str)]) -> String {
    let text = format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {expression}\n}}\n");
    let inventory = scan_with_limits(&[files, &[("k.tf", text.as_str())]].concat(), small_limits());
    let key = inventory.keys.iter().find(|key| key.id.address == "oci_kms_key.k").expect("the key");
    match &key.protection_mode.claim {
        Claim::Known(mode) => mode.to_string(),
        Claim::Unset => "unset".to_owned(),
        Claim::Unknown(unknown) => unknown.why.to_string(),
    }
}

/// Evaluates an expression 2,025 times, which fits [`small_limits`] if it is cheap and exceeds them if it is expensive.
#[cfg(unix)]
fn rounds(expression: &str) -> String {
    format!("length([for n in setproduct(range(45), range(45)) : {expression}]) == 7 ? \"HSM\" : \"SOFTWARE\"")
}
