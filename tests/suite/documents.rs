//! README and rule documents cannot lie: their transcripts and examples are run, their tables derived.

use crate::harness::{command, expect_file, report, root, said, scratch};
use kmslint::report::Format;
use kmslint::rules;
use regex::Regex;
use std::fmt::Write as _;
use std::sync::Mutex;

/// Held by whoever may write the README: with `SNAPSHOTS=overwrite` several tests do.
static README: Mutex<()> = Mutex::new(());

/// Holds a part of a file against what it derives from: what is after `before` and up to `after`.
fn expect_part(path: &str, before: &str, after: &str, actual: &str) {
    let path = root().join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let start = text.find(before).map(|at| at + before.len()).unwrap_or_else(|| panic!("{} has no `{before}`", path.display()));
    let end = text[start..].find(after).map(|at| start + at).unwrap_or_else(|| panic!("{} has no `{after}`", path.display()));
    expect_file(&path, &format!("{}{actual}{}", &text[..start], &text[end..]));
}

/// Times differ from run to run.
fn timeless(text: &str) -> String {
    Regex::new(r"\d+(\.\d+)? ms").expect("a pattern").replace_all(text, "… ms").into_owned()
}

/// Splits a command line at blanks; README commands need no quoting but single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        if number % 2 == 1 { words.push(part.to_owned()) } else { words.extend(part.split_whitespace().map(ToOwned::to_owned)) }
    }
    words
}

/// Runs every `$ kmslint …` of the README's console blocks and compares what follows it.
#[test]
fn transcripts_in_the_readme_are_what_is_printed() {
    let _alone = README.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).expect("README.md");
    let mut out = String::new();
    let mut ran = 0;
    let mut inside = false;
    let mut skipping = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
            skipping = false;
        }
        if inside && let Some(typed) = line.strip_prefix("$ kmslint") {
            let done = said(command(&root()).args(words(typed)));
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
    assert!(ran >= 4, "only {ran} transcripts in the README");
    if timeless(&out) != timeless(&text) {
        expect_file(&path, &out);
    }
}

#[test]
fn the_rules_table_in_the_readme_is_the_table_of_rules() {
    let rows: String =
        rules::ALL.iter().map(|rule| format!("| `{}` | `{}` | {} | {} |\n", rule.id, rule.name, rule.title, rule.risk)).collect();
    let _alone = README.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    expect_part("README.md", "| rule | name | what it reports | risk |\n| --- | --- | --- | --- |\n", "\n```console\n", &rows);
}

#[test]
fn the_formats_table_in_the_readme_is_the_table_of_formats() {
    let rows: String = Format::ALL.iter().map(|format| format!("| `{}` | {} |\n", format.name, format.readers)).collect();
    let _alone = README.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    expect_part("README.md", "| format | for |\n| --- | --- |\n", "\nSensitive values", &rows);
}

#[test]
fn the_config_file_in_the_readme_has_every_setting_with_its_default() {
    let mut tables = String::new();
    for rule in rules::ALL {
        let _ = writeln!(tables, "[rules.{}]\n{:<37} # error | warning | note | off", rule.id, "level = \"warning\"");
        for row in rule.settings {
            let _ = writeln!(tables, "{:<37} # {}", format!("{} = {}", row.name(), row.default_value()), row.meaning());
        }
        tables.push('\n');
    }
    let _alone = README.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    expect_part("README.md", "# the level of undetermined verdicts: error | warning | note | off\n\n", "[rules.OCI-KMS-DRIFT]", &tables);
}

#[test]
fn the_settings_in_the_rules_documents_are_the_rows() {
    let files: Vec<(String, String)> = std::fs::read_dir(root().join("src/rules"))
        .expect("a directory")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a document");
            (format!("src/rules/{}", path.file_name().expect("a name").to_string_lossy()), text)
        })
        .collect();
    assert_eq!(files.len(), rules::ALL.len(), "one document per rule");
    for rule in rules::ALL {
        let mut table =
            format!("In `kmslint.toml`, under `[rules.{}]`:\n\n| setting | default | meaning |\n| --- | --- | --- |\n", rule.id);
        table.push_str("| `level` | `\"warning\"` | `error`, `warning`, `note` or `off` |\n");
        for row in rule.settings {
            let _ = writeln!(table, "| `{}` | `{}` | {} |", row.name(), row.default_value(), row.meaning());
        }
        let title = format!("# {} · {}\n", rule.id, rule.name);
        let (file, text) =
            files.iter().find(|(_, text)| text.starts_with(&title)).unwrap_or_else(|| panic!("no document begins `{title}`"));
        assert_eq!(text, rule.document, "{file}");
        let (before, _) = text.split_once("\n## Settings\n\n").unwrap_or_else(|| panic!("{file} has no `## Settings`"));
        expect_file(&root().join(file), &format!("{before}\n## Settings\n\n{table}"));
    }
}

/// The `hcl` blocks behind a line that says `Violates:` or `Passes:`.
fn examples<'a>(document: &'a str, heading: &str) -> Vec<&'a str> {
    document
        .split(&format!("\n{heading}\n\n```hcl\n"))
        .skip(1)
        .map(|rest| rest.split("\n```").next().expect("an end of the block"))
        .collect()
}

#[test]
fn examples_in_the_rules_documents_do_what_they_say() {
    for rule in rules::ALL {
        for (heading, verdict) in [("Violates:", "violation"), ("Passes:", "pass")] {
            let examples = examples(rule.document, heading);
            assert!(!examples.is_empty(), "{} has no example that {heading}", rule.id);
            for example in examples {
                let folder = scratch(&[("main.tf", example)]);
                let (_, report) = report(folder.path(), &["--no-config"]);
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

#[test]
fn one_version_is_named_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let text = |path: &str| std::fs::read_to_string(root().join(path)).expect("the file");
    assert!(text("CHANGELOG.md").contains(&format!("## {version}")), "CHANGELOG.md does not speak of {version}");
    assert!(text("README.md").contains(&format!("rev: v{version}")), "README.md's pre-commit block names another version than {version}");
}
