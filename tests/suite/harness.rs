//! Runs the binary as a user would, in a clean environment, and compares its output with checked-in files.

use kmslint::base::Sources;
use kmslint::eval::Limits;
use kmslint::key::Inventory;
use kmslint::report::{Format, Syntax};
use kmslint::rules;
use kmslint::terraform::{ScanRequest, read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};

/// What a run printed, and its exit code.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The binary in a directory, without the environment variables of whoever runs the tests.
pub fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmslint"));
    clear_environment(&mut command).current_dir(directory).stdin(Stdio::null());
    command
}

/// Clears the environment, except for the path at which an instrumented binary writes its coverage (`cargo llvm-cov`).
pub fn clear_environment(command: &mut Command) -> &mut Command {
    command.env_clear().envs(std::env::var_os("LLVM_PROFILE_FILE").map(|file| ("LLVM_PROFILE_FILE", file)))
}

/// The rules that the tests are about. All others are turned off, so that a new rule changes no expectation; its own fixtures test it.
pub const TESTED_RULES: [&str; 2] = ["OCI-KMS-001", "OCI-KMS-004"];

/// Adds the options that turn off all rules except [`TESTED_RULES`].
pub fn with_tested_rules<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    static LEVELS: LazyLock<Vec<String>> = LazyLock::new(|| other_rules_off(&TESTED_RULES));
    let mut all = arguments.to_vec();
    let at = match arguments
        .iter()
        .position(|word| ["check", "live", "explain", "eval", "completions", "man", "schema", "compare"].contains(word))
    {
        None => 0,
        Some(at) if ["check", "live"].contains(&arguments[at]) => at + 1,
        // The other subcommands run no rules.
        Some(_) => return all,
    };
    all.splice(at..at, LEVELS.iter().map(String::as_str));
    all
}

/// The options that turn off all rules except these.
pub fn other_rules_off(kept: &[&str]) -> Vec<String> {
    rules::ALL.iter().filter(|rule| !kept.contains(&rule.id)).map(|rule| format!("--level={}=off", rule.id)).collect()
}

/// Runs the binary in a directory.
pub fn kmslint(directory: &Path, arguments: &[&str]) -> Output {
    output_of(command(directory).args(with_tested_rules(arguments)))
}

/// Runs the binary in a directory with this standard input.
pub fn kmslint_with_input(directory: &Path, arguments: &[&str], input: &[u8]) -> Output {
    use std::io::Write;
    let mut child = command(directory)
        .args(with_tested_rules(arguments))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kmslint starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // A binary that exits before it has read everything closes the pipe; the write error does not matter here.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("kmslint exits");
    writer.join().expect("the writer ends");
    read_output(&output)
}

/// Runs a command until it exits.
pub fn output_of(command: &mut Command) -> Output {
    read_output(&command.output().expect("kmslint starts"))
}

/// Runs a command that checks once with all formats: its output, and the report in each format. The first report goes to standard output,
/// the others go to files.
pub fn in_all_formats(command: &mut Command) -> (Output, Vec<(&'static str, String)>) {
    let reports = scratch(&[]);
    let files: Vec<_> = formats().skip(1).map(|format| (format, reports.path().join(format))).collect();
    command.arg("--format").args(formats().next());
    for (format, file) in &files {
        command.arg("--format").arg(format!("{format}={}", file.display()));
    }
    let output = output_of(command);
    let first = formats().next().map(|format| (format, output.out.clone()));
    let written = files.iter().map(|(format, file)| (*format, std::fs::read_to_string(file).expect("a report")));
    let all = first.into_iter().chain(written).collect();
    (output, all)
}

fn read_output(output: &std::process::Output) -> Output {
    Output {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout.clone()).expect("standard output is UTF-8"),
        err: String::from_utf8(output.stderr.clone()).expect("standard error is UTF-8"),
    }
}

/// Runs the binary and reads its JSON report.
pub fn report(directory: &Path, arguments: &[&str]) -> (Output, serde_json::Value) {
    let mut all = vec!["check", "--format", "json"];
    all.extend(arguments);
    let output = kmslint(directory, &all);
    let report = read_json(&output.out).unwrap_or_else(|error| panic!("no JSON report ({error}):\n{output:#?}"));
    (output, report)
}

/// Parses JSON. `str::parse` is compiled in the optimized `serde_json`; `serde_json::from_str` is generic and would be compiled here,
/// without optimization.
pub fn read_json(text: &str) -> serde_json::Result<serde_json::Value> {
    text.parse()
}

/// The factor by which local runs reduce a large number of cases; 1 if `KMSLINT_EXHAUSTIVE` is set, as in `.ci/run`. Products of several
/// parameters are thinned out in a way that still covers every value of each.
pub fn local_reduction(factor: usize) -> usize {
    if std::env::var_os("KMSLINT_EXHAUSTIVE").is_some() { 1 } else { factor }
}

/// Applies a check to independent cases in parallel, and returns the results in their order. The processes of one test run while other tests
/// wait for theirs, or for a server. These are threads of their own: a thread of rayon that waits takes over other cases, and the stack
/// overflows.
pub fn in_parallel<C: Send, R: Send>(cases: impl IntoIterator<Item = C>, check: impl Fn(C) -> R + Sync) -> Vec<R> {
    let open = Mutex::new(cases.into_iter().collect::<Vec<C>>().into_iter().enumerate());
    let work = || {
        let next = || open.lock().expect("no check runs while this is locked").next();
        std::iter::from_fn(next).map(|(at, case)| (at, check(case))).collect::<Vec<_>>()
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..std::thread::available_parallelism().map_or(1, Into::into)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Compares with a checked-in file. `SNAPSHOTS=overwrite cargo test` rewrites it; a missing file is a failure.
pub fn expect_file(path: &Path, actual: &str) {
    if std::env::var("SNAPSHOTS").as_deref() == Ok("overwrite") {
        std::fs::write(path, actual).expect("the expectation can be written");
        return;
    }
    let expected = std::fs::read_to_string(path)
        .unwrap_or_else(|_| panic!("{} is missing; SNAPSHOTS=overwrite cargo test writes it. It would be:\n{actual}", path.display()));
    assert!(
        expected.replace("\r\n", "\n") == actual,
        "{} differs (SNAPSHOTS=overwrite cargo test updates it)\n--- expected\n{expected}\n--- actual\n{actual}",
        path.display()
    );
}

/// The directories directly below a directory, sorted.
pub fn directories(below: &Path) -> Vec<PathBuf> {
    let mut list: Vec<_> = std::fs::read_dir(below)
        .unwrap_or_else(|error| panic!("{}: {error}", below.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    list.sort();
    list
}

/// A scratch directory with these files.
pub fn scratch(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a scratch directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    directory
}

/// The names of all formats, so that a new format is tested without further work.
pub fn formats() -> impl Iterator<Item = &'static str> {
    Format::ALL.iter().map(|format| format.name)
}

/// Fails unless a report parses in the syntax of its format.
pub fn expect_syntax(format: &Format, text: &str) {
    match format.syntax {
        Syntax::Text => {}
        Syntax::Json => drop(read_json(text).unwrap_or_else(|error| panic!("{}: {error}", format.name))),
        Syntax::Xml => {
            let mut reader = quick_xml::Reader::from_str(text);
            while reader.read_event().unwrap_or_else(|error| panic!("{}: {error}", format.name)) != quick_xml::events::Event::Eof {}
        }
    }
}

/// The request for everything in a directory.
pub fn request(directory: &Path) -> ScanRequest {
    ScanRequest::new(directory.canonicalize().expect("a path"), Vec::new())
}

/// The inventory of a directory.
pub fn inventory(directory: &Path) -> Inventory {
    read(&request(directory), &Arc::new(Sources::default()))
}

/// The inventory of a scratch directory with these files.
pub fn scan(files: &[(&str, &str)]) -> Inventory {
    inventory(scratch(files).path())
}

/// As [`scan`], with these limits.
pub fn scan_with_limits(files: &[(&str, &str)], limits: Limits) -> Inventory {
    let directory = scratch(files);
    read(&ScanRequest { limits, ..request(directory.path()) }, &Arc::new(Sources::default()))
}

/// The messages of an inventory's problems.
pub fn messages(inventory: &Inventory) -> Vec<&str> {
    inventory.problems.iter().map(|problem| problem.message.as_str()).collect()
}
