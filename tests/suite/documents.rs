//! Pages and rule documents are correct: their transcripts and examples are run, and their tables and numbers are derived from the code.

use crate::harness::{command, expect_file, kmslint, other_rules_off, output_of, root, scratch};
use crate::pages::{page, pages};
use kmslint::report::Format;
use kmslint::rules;
use regex::Regex;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the pages for writing: with `SNAPSHOTS=overwrite` several tests write the same page.
fn lock_pages() -> MutexGuard<'static, ()> {
    static PAGES: Mutex<()> = Mutex::new(());
    PAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compares a part of a file, between `before` and `after`, with its source.
fn expect_part(path: &str, before: &str, after: &str, actual: &str) {
    let path = root().join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let start = text.find(before).map(|at| at + before.len()).unwrap_or_else(|| panic!("{} has no `{before}`", path.display()));
    let end = text[start..].find(after).map(|at| start + at).unwrap_or_else(|| panic!("{} has no `{after}`", path.display()));
    expect_file(&path, &format!("{}{actual}{}", &text[..start], &text[end..]));
}

/// Replaces durations, which differ from run to run.
fn without_durations(text: &str) -> String {
    Regex::new(r"\d+(\.\d+)? ms").expect("a pattern").replace_all(text, "… ms").into_owned()
}

/// Splits a command line at spaces. Only plain quotes are supported; the pages need no other quoting.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split(['\'', '"']).enumerate() {
        if number % 2 == 1 { words.push(part.to_owned()) } else { words.extend(part.split_whitespace().map(ToOwned::to_owned)) }
    }
    words
}

/// Runs every `$ kmslint …` in the console blocks of the pages and compares the output with the lines after it.
#[test]
fn transcripts_in_the_pages_match_the_output() {
    let _lock = lock_pages();
    let mut ran = 0;
    for page in pages() {
        let mut out = String::new();
        let mut inside = false;
        let mut skipping = false;
        for line in page.text.lines() {
            if line.starts_with("```") {
                inside = line == "```console";
                skipping = false;
            }
            if inside && let Some(typed) = line.strip_prefix("$ kmslint") {
                let done = output_of(command(&root()).args(words(typed)));
                let _ = write!(out, "{line}\n{}{}", done.err, done.out.trim_end_matches('\n'));
                out.push('\n');
                ran += 1;
                skipping = true;
                continue;
            }
            if inside && skipping && !line.starts_with("$ ") {
                continue;
            }
            out.push_str(line);
            out.push('\n');
        }
        if without_durations(&out) != without_durations(&page.text) {
            expect_file(&root().join(&page.path), &out);
        }
    }
    assert!(ran >= 6, "only {ran} transcripts in the pages");
}

/// No page shows an option or a subcommand that does not exist. `--help` comes last, so everything before it was accepted.
#[test]
fn commands_in_the_pages_are_accepted() {
    let call = Regex::new(r"(?m)(?:^|[|;&(]|- |run: |-c ')[ \t]*kmslint( [^|;&#\n)]*)?").expect("a pattern");
    let (mut seen, mut faults) = (0, String::new());
    for page in pages() {
        for block in page.blocks().iter().filter(|block| ["sh", "yaml", "groovy", "dockerfile"].contains(&block.language)) {
            let text = block.text.replace("\\\n", " ");
            for found in call.captures_iter(&text) {
                let typed = found.get(1).map_or("", |found| found.as_str());
                if typed.contains("<(") || typed.trim_start().starts_with(':') {
                    continue;
                }
                let mut arguments: Vec<String> = words(typed).into_iter().take_while(|word| word != "--" && word != ">").collect();
                arguments.push("--help".to_owned());
                let output = output_of(command(&root()).args(&arguments));
                seen += 1;
                if output.code != 0 {
                    writeln!(faults, "{}: `kmslint{typed}`: {}", page.path, output.err).unwrap();
                }
            }
        }
    }
    assert!(seen >= 30, "only {seen} commands were found");
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn rules_in_the_readme_match_the_table_of_rules() {
    let row =
        |rule: &rules::Rule| format!("| [`{0}`](docs/rules/{0}.md) | `{1}` | {2} | {3} |\n", rule.id, rule.name, rule.title, rule.risk);
    let rows: String = rules::ALL.iter().map(row).collect();
    let _lock = lock_pages();
    expect_part("README.md", "| rule | name | what it reports | risk |\n| --- | --- | --- | --- |\n", "\nIds and risks", &rows);
}

#[test]
fn documented_config_file_has_every_setting_with_its_default() {
    let mut tables = String::new();
    for rule in rules::ALL {
        let _ = writeln!(tables, "[rules.{}]\n{:<37} # error | warning | note | off", rule.id, "level = \"warning\"");
        for row in rule.settings {
            let _ = writeln!(tables, "{:<37} # {}", format!("{} = {}", row.name(), row.default_value()), row.meaning());
        }
        tables.push('\n');
    }
    let _lock = lock_pages();
    expect_part(
        "docs/configuration.md",
        "# the level of undetermined verdicts: error | warning | note | off\n\n",
        "[rules.OCI-KMS-DRIFT]",
        &tables,
    );
}

#[test]
fn settings_in_the_rule_documents_match_the_code() {
    let files: Vec<(String, String)> = std::fs::read_dir(root().join("src/rules"))
        .expect("a directory")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a document");
            (format!("src/rules/{}", path.file_name().expect("a name").to_string_lossy()), text)
        })
        .collect();
    assert_eq!(files.len(), rules::ALL.len(), "there must be one document for each rule");
    for rule in rules::ALL {
        let mut table =
            format!("In `kmslint.toml`, under `[rules.{}]`:\n\n| setting | default | meaning |\n| --- | --- | --- |\n", rule.id);
        table.push_str("| `level` | `\"warning\"` | `error`, `warning`, `note` or `off` |\n");
        for row in rule.settings {
            let _ = writeln!(table, "| `{}` | `{}` | {} |", row.name(), row.default_value(), row.meaning());
        }
        let title = format!("# {} · {}\n", rule.id, rule.name);
        let (file, text) =
            files.iter().find(|(_, text)| text.starts_with(&title)).unwrap_or_else(|| panic!("no document starts with `{title}`"));
        assert_eq!(text, rule.document, "{file}");
        let (before, _) = text.split_once("\n## Settings\n").unwrap_or_else(|| panic!("{file} has no `## Settings`"));
        expect_file(&root().join(file), &format!("{before}\n## Settings\n\n{table}"));
    }
}

#[test]
fn documented_formats_match_the_table_of_formats() {
    let rows: String = Format::ALL.iter().map(|format| format!("| `{}` | {} |\n", format.name, format.readers)).collect();
    let _lock = lock_pages();
    expect_part("docs/formats.md", "| format | for |\n| --- | --- |\n", "\n`short`, for", &rows);
}

/// Reports link these pages, so their URLs must not change. Their text is that of `kmslint explain`.
#[test]
fn printed_ids_have_a_page() {
    let documents: Vec<(&str, &str)> = rules::ALL.iter().map(|rule| (rule.id, rule.document)).chain(rules::OTHERS).collect();
    for (id, document) in &documents {
        let note =
            "<!-- Written by a test from the rule's document in src/rules: edit that one, then SNAPSHOTS=overwrite cargo test. -->\n";
        let (title, rest) = document.split_once('\n').expect("a title");
        let url = rules::documentation_url(id).unwrap_or_else(|| panic!("{id} has no URL"));
        let path = url.strip_prefix("https://github.com/kmslint/kmslint/blob/main/").expect("a page of this repository");
        expect_file(&root().join(path), &format!("{title}\n{note}{rest}"));
    }
    let found = std::fs::read_dir(root().join("docs/rules")).expect("docs/rules").count();
    assert_eq!(found, documents.len(), "docs/rules has a page without a rule");
}

#[test]
fn readme_is_short() {
    let lines = page("README.md").text.lines().count();
    assert!(lines <= 120, "README.md has {lines} lines; the maximum is 120: move something to docs/");
}

/// The numbers of fixtures in the pages are lower bounds, and the real number is less than twice as large.
#[test]
fn numbers_of_fixtures_in_the_pages_are_correct() {
    let list = |directory: &str| std::fs::read_dir(root().join(directory)).expect("fixtures").map(|entry| entry.expect("an entry").path());
    let directories = |directory: &str| list(directory).filter(|path| path.is_dir()).count();
    let is_jsonl = |path: &Path| path.extension().is_some_and(|extension| extension == "jsonl");
    let lines = |path: &Path| std::fs::read_to_string(path).expect("a fixture").lines().count();
    let expressions: usize = list("testdata/functions").filter(|path| is_jsonl(path)).map(|path| lines(&path) - 1).sum();
    let parity = directories("testdata/parity");
    let documents = directories("testdata/plans") + directories("testdata/states");
    for (path, pattern, actual) in [
        ("README.md", r"Terraform's own answers to more than ([\d,]+) of them", expressions),
        ("docs/exactness.md", r"more than ([\d,]+) expressions with the answers", expressions),
        ("docs/exactness.md", r"more than (\d+) configurations", parity),
        ("docs/exactness.md", r"more than (\d+) other plans", documents),
    ] {
        let text = page(path).text;
        let found = Regex::new(pattern).expect("a pattern").captures(&text).unwrap_or_else(|| panic!("{path} does not match `{pattern}`"));
        let stated: usize = found[1].replace(',', "").parse().expect("a number");
        assert!((stated..stated * 2).contains(&actual), "{path} has {stated} (`{pattern}`), but there are {actual}");
    }
}

/// With its own config file the checkout is clean; directories of `testdata` that are passed are still checked.
#[test]
fn own_checkout_has_no_findings() {
    let output = kmslint(&root(), &["--strict"]);
    assert_eq!((output.code, output.out.starts_with("Checked 0 keys: nothing to report\n")), (0, true), "{output:#?}");
    assert_eq!(kmslint(&root(), &["testdata/example"]).code, 1);
    assert_eq!(kmslint(&root(), &["testdata/example", "--fail-on", "never"]).code, 0, "the README's first command");
}

/// The problem matchers of VS Code and GitHub match every line of the `short` format.
#[test]
fn problem_matchers_match_every_line_of_the_short_format() {
    let short = kmslint(&root(), &["testdata/rules", "testdata/example", "--format", "short", "--quiet"]).out;
    assert!(short.lines().count() > 25, "{short}");
    let editors = page("docs/editors.md");
    let task = editors.blocks().into_iter().find(|block| block.language == "json").expect("a task of VS Code").text;
    let task: serde_json::Value = serde_json::from_str(&task).expect("JSON");
    let pattern = task["tasks"][0]["problemMatcher"]["pattern"].clone();
    let matchers = std::fs::read_to_string(root().join(".github/action/matcher.json")).expect("the problem matcher");
    let matchers: serde_json::Value = serde_json::from_str(&matchers).expect("JSON");
    let github: Vec<serde_json::Value> =
        matchers["problemMatcher"].as_array().expect("matchers").iter().map(|matcher| matcher["pattern"][0].clone()).collect();
    for patterns in [vec![pattern], github] {
        let read: Vec<(Regex, [usize; 3])> = patterns
            .iter()
            .map(|pattern| {
                let group = |name: &str| pattern[name].as_u64().map_or(0, |group| usize::try_from(group).expect("a small number"));
                (
                    Regex::new(pattern["regexp"].as_str().expect("a pattern")).expect("a pattern"),
                    [group("file"), group("code"), group("message")],
                )
            })
            .collect();
        for line in short.lines() {
            let fits: Vec<_> = read.iter().filter_map(|(regex, groups)| Some((regex.captures(line)?, groups))).collect();
            let [(found, [file, code, message])] = fits.as_slice() else { panic!("{} patterns match {line}", fits.len()) };
            assert!(found[*file].ends_with(".tf") || found[*file].ends_with(".tofu") || found[*file].ends_with(".json"), "{line}");
            assert!(rules::by_id(&found[*code]).is_some() && !found[*message].is_empty(), "{line}");
        }
    }
}

/// The `hcl` blocks after a line `Violates:` or `Passes:`.
fn examples<'a>(document: &'a str, heading: &str) -> Vec<&'a str> {
    document
        .split(&format!("\n{heading}\n\n```hcl\n"))
        .skip(1)
        .map(|rest| rest.split("\n```").next().expect("the end of the block"))
        .collect()
}

#[test]
fn examples_in_the_rule_documents_have_the_stated_verdict() {
    for rule in rules::ALL {
        for (heading, verdict) in [("Violates:", "violation"), ("Passes:", "pass")] {
            let examples = examples(rule.document, heading);
            assert!(!examples.is_empty(), "{} has no example after `{heading}`", rule.id);
            for example in examples {
                let directory = scratch(&[("main.tf", example)]);
                let alone = output_of(
                    command(directory.path()).args(["check", "--no-config", "--format", "json"]).args(other_rules_off(&[rule.id])),
                );
                let report: serde_json::Value = serde_json::from_str(&alone.out).expect("a report");
                let keys = report["keys"].as_array().expect("keys");
                assert!(!keys.is_empty(), "{}: no key in\n{example}", rule.id);
                for key in keys {
                    assert_eq!(key["verdicts"][rule.id]["verdict"], verdict, "{}: {}\n{example}", rule.id, key["verdicts"][rule.id]);
                }
            }
        }
    }
}

#[test]
fn descriptions_fit_githubs_limits() {
    for rule in rules::ALL {
        for text in [rule.title.to_owned(), rule.summary()] {
            assert!(!text.is_empty() && text.len() <= 1024, "{}: {} characters", rule.id, text.len());
        }
        assert!(rule.tags.len() <= 10 && rule.pascal_name.len() <= 255);
    }
}

/// All places that mention a release have the version of the package.
#[test]
fn documented_versions_match_the_package() {
    let version = env!("CARGO_PKG_VERSION");
    let named =
        Regex::new(r"(?:kmslint/kmslint\n +rev: v|ghcr\.io/kmslint/kmslint:|kmslint==|--version )(\d+\.\d+\.\d+)").expect("a pattern");
    let mut seen = 0;
    let others = [page("pyproject.toml")];
    for page in pages().iter().filter(|page| page.path != "CHANGELOG.md").chain(&others) {
        for found in named.captures_iter(&page.text) {
            seen += 1;
            assert_eq!(&found[1], version, "{} has another version: {}", page.path, &found[0]);
        }
    }
    assert!(seen >= 4, "only {seen} versions were found");
    assert!(page("CHANGELOG.md").text.contains(&format!("## {version}")), "CHANGELOG.md has no section for {version}");
}
