//! No panic on arbitrary bytes or on real inputs with random changes; irrelevant differences do not change the output.

use crate::harness::{command, directories, formats, local_reduction, output_of, root, scratch};
use kmslint::base::{Sources, Span};
use kmslint::eval::{EvalError, FileAccess, FileError, FileList, RefStep, Scope, Value, eval_text};
use kmslint::hcl::{Body, json, native};
use kmslint::plan;
use kmslint::policy::{baseline, config};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs on a thread with a large stack, as kmslint runs its readers.
fn with_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, run).expect("a thread").join().expect("no panic")
    })
}

/// All files below a directory of `testdata` with this end of their names.
fn corpus(below: &str, end: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut list: Vec<_> = walkdir::WalkDir::new(root().join("testdata").join(below))
        .into_iter()
        .map(|entry| entry.expect("an entry").into_path())
        .filter(|path| path.is_file() && path.to_str().is_some_and(|path| path.ends_with(end)))
        .map(|path| (path.clone(), fs::read(path).expect("it is there")))
        .collect();
    list.sort();
    assert!(list.len() >= 3, "{below} must have files that end with {end}");
    list
}

/// A change to a text: `length` bytes are replaced by others, often by a token of the language.
#[derive(Clone, Debug)]
struct Change {
    at: prop::sample::Index,
    length: usize,
    put: Vec<u8>,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let words: Vec<Vec<u8>> = [
        "${",
        "%{",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "\\",
        "\\u",
        "<<EOT\n",
        "<<-\n",
        "EOT",
        "\n",
        "\r",
        "#",
        "/*",
        "*/",
        "//",
        "\u{feff}",
        "\0",
        "é",
        "😀",
        "=",
        "=>",
        "...",
        "[*]",
        ".*",
        "?",
        ":",
        ",",
        "-",
        "!",
        "1e999",
        "0x",
        "null",
        "true",
        "each.value",
        "count.index",
        "self",
        "dynamic",
        "for_each",
        "count",
        "for a in b : ",
        "if",
        "oci_kms_key",
        "\"a\":",
        "{}",
        "[]",
        "1.5e-400",
        "after",
        "null,",
        "\u{202e}",
        "~}",
        "${~",
        "%{if",
    ]
    .iter()
    .map(|word| word.as_bytes().to_vec())
    .collect();
    let put = prop_oneof![4 => prop::sample::select(words), 1 => prop::collection::vec(any::<u8>(), 0..8), 1 => Just(Vec::new())];
    let change = (any::<prop::sample::Index>(), prop_oneof![3 => 0..4_usize, 1 => 0..200_usize], put)
        .prop_map(|(at, length, put)| Change { at, length, put });
    prop::collection::vec(change, 1..6)
}

fn apply_changes(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for change in changes {
        let at = change.at.index(bytes.len() + 1);
        let end = (at + change.length).min(bytes.len());
        bytes.splice(at..end, change.put.iter().copied());
    }
    bytes
}

/// Every span of a body is in the text, and attributes and blocks are sorted by position, because they are found by binary search.
fn check_spans(body: &Body, text: &str) {
    assert!(body.attributes.is_sorted_by_key(|attribute| attribute.span.start), "{text}");
    assert!(body.blocks.is_sorted_by_key(|block| block.span.start), "{text}");
    let fits = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} does not fit a text of {} bytes", text.len());
    for attribute in &body.attributes {
        fits(attribute.name.span);
        fits(attribute.value.span);
    }
    for block in &body.blocks {
        fits(block.span);
        check_spans(&block.body, text);
    }
}

/// Parses a text with all parsers of configuration.
fn parse(text: &str) {
    let sources = Sources::default();
    let id = sources.add("a.tf", text.to_owned());
    for file in [native::parse(id, text), json::parse(id, text), json::parse_variables(id, text)] {
        check_spans(&file.body, text);
        if let Some(error) = &file.error {
            assert!(text.get(error.span.range()).is_some(), "{error:?}");
            assert!(!error.message.is_empty());
        }
    }
    drop(config::parse(&sources, Path::new("kmslint.toml"), text.to_owned()));
    drop(baseline::parse("baseline.json", text));
}

/// Reads bytes as a plan or state; problems must have a message.
fn read_document(bytes: &[u8]) {
    let read = plan::read("plan.json", std::io::Cursor::new(bytes.to_vec()), &plan::PlanOptions::default()).inventory;
    for problem in &read.problems {
        assert!(!problem.message.is_empty() && !problem.message.ends_with('.'), "{problem:?}");
    }
}

/// A root module with known variables, unknown local values, and files that are made up from their paths.
struct TestScope;

impl Scope for TestScope {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        match (name, steps) {
            ("var", [RefStep::Attr(_), ..]) => Ok((Value::string("HSM"), 1)),
            ("local" | "data" | "module", [RefStep::Attr(_), ..]) => Ok((Value::unknown(kmslint::eval::Type::Any, "known after apply"), 1)),
            _ => Err(EvalError::refused(format!("`{name}` is not declared"), Some(span))),
        }
    }

    fn text(&self, _: Span) -> String {
        "text".to_owned()
    }

    fn files(&self) -> &dyn FileAccess {
        self
    }
}

impl FileAccess for TestScope {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        if path.len().is_multiple_of(2) { Err(FileError::Missing) } else { Ok(Arc::from(path.as_bytes())) }
    }

    fn exists(&self, path: &str) -> Result<bool, FileError> {
        Ok(path.len() % 2 == 1)
    }

    fn list(&self, _: &str) -> Result<Arc<FileList>, FileError> {
        Ok(Arc::new(FileList { files: vec!["a".to_owned(), "b/c".to_owned()], withheld: Vec::new() }))
    }

    fn absolute(&self, path: &str) -> String {
        format!("/{path}")
    }
}

/// Evaluates a text twice; the results must be equal. Functions with varying results, such as `timestamp`, are unknown here.
fn evaluate(text: &str) {
    let sources = Sources::default();
    let id = sources.add("a.tf", text.to_owned());
    let once = || format!("{:?}", eval_text(id, text, &TestScope));
    assert_eq!(once(), once(), "{text}");
}

/// A line of the files of expressions.
#[derive(serde::Deserialize)]
struct ExpressionRow {
    expr: Option<String>,
}

/// The expressions whose values in Terraform are recorded.
fn expressions() -> Vec<String> {
    let list: Vec<String> = corpus("functions", ".jsonl")
        .iter()
        .flat_map(|(_, bytes)| String::from_utf8_lossy(bytes).lines().map(ToOwned::to_owned).collect::<Vec<_>>())
        .filter_map(|line| serde_json::from_str::<ExpressionRow>(&line).expect("JSON").expr)
        .collect();
    assert!(list.len() > 1000);
    list
}

fn cases(count: u32) -> ProptestConfig {
    // Failures become separate tests; no regression files are written.
    ProptestConfig { cases: count / local_reduction(2) as u32, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn arbitrary_bytes_do_not_make_the_readers_panic() {
    with_large_stack(|| {
        proptest!(cases(400), |(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,200}", code in "[a-z{}\\[\\]()\"$%~#/*=<>.,:?!&|\n -]{0,200}")| {
            read_document(&bytes);
            parse(&String::from_utf8_lossy(&bytes));
            parse(&text);
            parse(&code);
            evaluate(&text);
            evaluate(&code);
        });
    });
}

#[test]
fn changed_configuration_does_not_make_the_readers_panic() {
    let files = [corpus("parity", ".tf"), corpus("parity", ".tf.json"), corpus("rules", ".tf")].concat();
    with_large_stack(|| {
        for (_, bytes) in &files {
            parse(&String::from_utf8_lossy(bytes));
        }
        proptest!(cases(1500), |(file in prop::sample::select(files), changes in changes())| {
            parse(&String::from_utf8_lossy(&apply_changes(&file.1, &changes)));
        });
    });
}

#[test]
fn changed_plans_and_states_do_not_make_the_reader_panic() {
    let files = [corpus("plans", ".json"), corpus("states", ".json"), corpus("states", ".tfstate"), corpus("parity", "plan.json")].concat();
    with_large_stack(|| {
        proptest!(cases(600), |(file in prop::sample::select(files), changes in changes())| {
            read_document(&apply_changes(&file.1, &changes));
        });
    });
}

#[test]
fn evaluation_is_deterministic() {
    let list = expressions();
    with_large_stack(|| {
        for text in list.iter().step_by(7) {
            evaluate(text);
        }
        proptest!(cases(1500), |(text in prop::sample::select(list), changes in changes())| {
            evaluate(&String::from_utf8_lossy(&apply_changes(text.as_bytes(), &changes)));
        });
    });
}

/// Copies a directory, creating its entries in ascending or descending order.
fn copy(from: &Path, to: &Path, backwards: bool) {
    fs::create_dir_all(to).expect("a directory");
    let mut list: Vec<_> = fs::read_dir(from).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect();
    list.sort();
    if backwards {
        list.reverse();
    }
    for name in list {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to, backwards)
        } else {
            let _bytes = fs::copy(from, to).expect("a copy");
        }
    }
}

/// A directory with parity cases, created in ascending or descending order.
fn parity_cases(step: usize, backwards: bool) -> tempfile::TempDir {
    let copied = scratch(&[]);
    let mut cases: Vec<_> = directories(&root().join("testdata/parity")).into_iter().step_by(step).collect();
    if backwards {
        cases.reverse();
    }
    for case in cases {
        copy(&case, &copied.path().join(case.file_name().expect("a name")), backwards);
    }
    copied
}

#[test]
fn report_does_not_depend_on_threads_or_directory_order() {
    let [forwards, backwards] = [false, true].map(|backwards| parity_cases(local_reduction(6), backwards));
    // The HTML report has the command line, so all runs write to the same directory.
    let reports = scratch(&[]);
    let run = |directory: &Path, threads: &str| {
        let mut command = command(directory);
        command.env("RAYON_NUM_THREADS", threads).args(["--no-config", "--verbose", "--now", "2026-10-01T00:00:00Z"]);
        for format in formats() {
            let _command = command.arg("--format").arg(format!("{format}={}", reports.path().join(format).display()));
        }
        let output = output_of(&mut command);
        let written = formats().map(|format| (format, fs::read_to_string(reports.path().join(format)).expect("a report")));
        let written: Vec<(&str, String)> = written.collect();
        assert!(written.iter().all(|(_, text)| text.len() > 1000), "{output:#?}");
        (output.code, output.err, written)
    };
    let first = run(forwards.path(), "1");
    let expect_same = |(code, err, written): (i32, String, Vec<(&str, String)>), about: &str| {
        assert_eq!((code, &err), (first.0, &first.1), "{about}");
        for ((format, text), (_, own)) in written.iter().zip(&first.2) {
            assert!(text == own, "{format} differs with {about}");
        }
    };
    for threads in ["32", "7", "2"].into_iter().skip(local_reduction(4) - 1) {
        expect_same(run(forwards.path(), threads), &format!("{threads} threads"));
    }
    expect_same(run(backwards.path(), "3"), "the order on disk");
}

#[test]
fn fixes_change_nothing_but_their_edits() {
    let cases = root().join("testdata/parity");
    let copied = parity_cases(local_reduction(3), false);
    let output = output_of(command(copied.path()).args(["--no-config", "--fix", "--unsafe-fixes", "--format", "short"]));
    assert!((0..=2).contains(&output.code), "{output:#?}");
    let mut fixed = 0;
    let files = walkdir::WalkDir::new(copied.path()).into_iter().map(|entry| entry.expect("an entry"));
    for entry in files.filter(|entry| entry.file_type().is_file()) {
        let path = entry.path().strip_prefix(copied.path()).expect("below the copy");
        // A file that a fix left behind has no original.
        let (before, after) = (fs::read(cases.join(path)).expect("an existing file"), fs::read(entry.path()).expect("an existing file"));
        if before == after {
            continue;
        }
        fixed += 1;
        assert!(
            path.extension().is_some_and(|end| end == "tf" || end == "json" || end == "tofu" || end == "tfvars"),
            "{} was changed",
            path.display()
        );
        check_edits(&before, &after, path);
    }
    assert!(fixed >= 40, "only {fixed} files were fixed");
}

/// Asserts that a fix replaces lines without removing any, and that all changed lines are about arguments that the rules check.
fn check_edits(before: &[u8], after: &[u8], path: &Path) {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    assert_eq!(before.starts_with('\u{feff}'), after.starts_with('\u{feff}'), "{}", path.display());
    let all_crlf = |text: &str| text.lines().count() > 1 && text.matches("\r\n").count() == text.matches('\n').count();
    assert_eq!(all_crlf(&before), all_crlf(&after), "{}", path.display());
    let wanted = [
        "protection_mode",
        "is_auto_rotation_enabled",
        "auto_key_rotation_details",
        "rotation_interval_in_days",
        "time_of_schedule_start",
        "}",
    ];
    for change in
        similar::TextDiff::from_lines(&before, &after).iter_all_changes().filter(|change| change.tag() == similar::ChangeTag::Insert)
    {
        let line = change.value().trim();
        // An interval may be in another argument, such as a variable's default or an entry of a map: same name, new number of days.
        let argument = |line: &str| line.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        let has_interval = |value: &str| {
            value.split(|c: char| !c.is_ascii_digit()).any(|word| word.parse::<i64>().is_ok_and(|days| (60..=365).contains(&days)))
        };
        let is_interval = argument(line)
            .is_some_and(|(name, value)| has_interval(&value) && before.lines().filter_map(argument).any(|(old, _)| old == name));
        // A new argument aligns the `=` of its neighbors, as `terraform fmt` does.
        let is_aligned = argument(line).is_some_and(|new| before.lines().filter_map(argument).any(|old| old == new));
        let is_wanted =
            is_aligned || line.is_empty() || line.contains("SOFTWARE") || is_interval || wanted.iter().any(|word| line.contains(word));
        assert!(is_wanted, "{}: {line}", path.display());
    }
    let lines = |text: &str| text.lines().count();
    assert!(lines(&after) >= lines(&before), "{}: no lines may be removed", path.display());
}
