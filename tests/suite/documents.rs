//! README and rule documents cannot lie: their transcripts and examples are run, their tables derived.

use crate::harness::{command, expect_file, report, root, said, scratch};
use kmslint::rules;
use regex::Regex;
use std::fmt::Write as _;

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
    let text = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    for rule in rules::ALL {
        let row = format!("| `{}` | `{}` | {} | {} |", rule.id, rule.name, rule.title, rule.risk);
        assert!(text.contains(&row), "README.md lacks the row\n{row}");
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
