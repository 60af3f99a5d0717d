//! Messages, help texts, pages, comments and names are plain American English, without words of earlier versions that readers found confusing.

use crate::harness::{kmslint, root};
use crate::pages::pages;
use regex::Regex;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Patterns of words that are not used, and what is used instead.
const REPLACED: [(&str, &str); 20] = [
    (r"\bbehind\b", "after"),
    (r"\bbesides?\b", "next to, in addition to"),
    (r"\b(told|tells?|said|says)\b", "reported, shown, described"),
    (r"\bmend(s|ed|ing)?\b", "fix"),
    (r"\banew\b", "again, re-"),
    (r"\b(is|are) no \w", "is not a; there is no"),
    (r"\b(no|some|every)body\b", "the passive, or who it is"),
    (r"\bso many\b", "the number"),
    (r"\bhangs? on\b", "depends on"),
    (r"\bstands?\b", "is, represents"),
    (r"\bwhole\b", "complete, entire"),
    (r"\blacking\b", "missing"),
    (r"\bwaits? for\b", "is pending"),
    (r"\bcannot be told\b", "is unknown, cannot be determined"),
    (r"\bjudg(e|es|ed|ing)\b", "check"),
    (r"\bfolders?\b", "directory"),
    (r"\b(any more|all the same|by itself|of its own|of their own|unawares)\b", "nothing, or what is meant"),
    (r"\ban own\b", "its own, a custom"),
    (r"\b(refuses|refused) (it|this)\b", "rejects"),
    (r"(?i)colour|licence|behaviour|optimis|recognis|favour|catalogue", "American spelling"),
];

/// Correct uses of a replaced word.
const ALLOWED: [&str; 6] = ["there is no ", "there are no ", "whole number", "whole object", "is no longer", "are no longer"];

/// [`REPLACED`], compiled once.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> =
    LazyLock::new(|| REPLACED.iter().map(|(pattern, instead)| (Regex::new(pattern).expect("a pattern"), *instead)).collect());

/// The replaced words in a text, a line for each.
fn faults(place: &str, text: &str) -> String {
    let mut checked = text.to_lowercase();
    for phrase in ALLOWED {
        checked = checked.replace(phrase, "");
    }
    let mut found = String::new();
    for (pattern, instead) in &*PATTERNS {
        if let Some(word) = pattern.find(&checked) {
            writeln!(found, "{place}: `{}` in {text:?}: write: {instead}", word.as_str()).unwrap();
        }
    }
    found
}

/// Rust comments, characters and string literals; strings are in named groups.
static LITERAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?s)//[^\n]*|/\*.*?\*/|'(?:\\.[^']*|[^'\\])'"#,
        r##"|b?r#"(?P<hashed>.*?)"#|b?r"(?P<raw>[^"]*)"|b?"(?P<plain>(?:[^"\\]|\\.)*)""##
    ))
    .expect("a pattern")
});
/// A line continuation in a string.
static CONTINUED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\\\n\s*").expect("a pattern"));
/// Two words.
static WORDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z]{2,}[^A-Za-z\s]* +[^A-Za-z\s]*[A-Za-z]{2,}").expect("a pattern"));

/// The string literals of a Rust source that are sentences: at least two words. Comments, characters and unit tests are skipped.
fn messages(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().expect("a part");
    let found = LITERAL.captures_iter(text).filter_map(|found| found.name("hashed").or(found.name("raw")).or(found.name("plain")));
    found.map(|literal| CONTINUED.replace_all(literal.as_str(), "").into_owned()).filter(|literal| WORDS.is_match(literal)).collect()
}

/// The Rust files below a directory, without those of tests.
fn sources(below: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).expect("a directory").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_owned();
        if entry.is_dir() {
            sources(&entry, files);
        } else if name.ends_with(".rs") && !["tests.rs", "testing.rs", "fuzzing.rs"].contains(&name.as_str()) {
            files.push(entry);
        }
    }
}

#[test]
fn messages_have_no_replaced_words() {
    // Placeholders contain names of the code.
    let placeholder = Regex::new(r"\{[^{}]*\}").expect("a pattern");
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    files.sort();
    let (mut seen, mut found) = (0, String::new());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source").replace("\r\n", "\n");
        let place = file.strip_prefix(root()).expect("below").display().to_string();
        for message in messages(&text) {
            seen += 1;
            found.push_str(&faults(&place, &placeholder.replace_all(&message, "{}")));
        }
    }
    assert!(seen > 1200, "only {seen} messages were found");
    assert!(found.is_empty(), "\n{found}");
}

/// Words of [`REPLACED`] that are always wrong in comments and in the names of functions.
const REPLACED_IN_CODE: &str =
    r"\b(anew|besides?|folders?|hangs? on|judg(e|es|ed|ing)|lacking|mend(s|ed|ing)?|(no|some)body|so many|told|tells?|said|whole)\b";

#[test]
fn comments_and_function_names_have_no_replaced_word() {
    let pattern = Regex::new(REPLACED_IN_CODE).expect("a pattern");
    let function = Regex::new(r"\bfn (\w+)").expect("a pattern");
    let code = Regex::new("`[^`]*`").expect("a pattern");
    let (mut seen, mut found) = (0, String::new());
    let files = ["src", "tests", "benches", "fuzz/targets"].iter().flat_map(|below| walkdir::WalkDir::new(root().join(below)));
    for path in files.map(|entry| entry.expect("an entry").into_path()) {
        // This file quotes the words.
        if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("english.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        for (line, text) in text.lines().enumerate() {
            let comment = text.trim_start().strip_prefix("//").map(str::to_lowercase);
            let name = function.captures(text).map(|name| name[1].replace('_', " "));
            for text in comment.into_iter().chain(name) {
                seen += 1;
                let text = code.replace_all(&text, "").replace("workspace folders", "").replace("whole number", "");
                if let Some(word) = pattern.find(&text) {
                    writeln!(found, "{}:{}: `{}`", path.display(), line + 1, word.as_str()).unwrap();
                }
            }
        }
    }
    assert!(seen > 10_000, "only {seen} comments and names were seen");
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn help_texts_have_no_replaced_words() {
    let mut found = String::new();
    for arguments in [&["--help"][..], &["check", "--help"], &["live", "--help"], &["explain", "--help"], &["eval", "--help"]] {
        let help = kmslint(&root(), arguments).out;
        assert!(help.lines().count() > 3, "{arguments:?}: {help}");
        for line in help.lines() {
            found.push_str(&faults(&format!("kmslint {}", arguments.join(" ")), line));
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn pages_have_no_replaced_words() {
    // Code in pages is not English prose.
    let code = Regex::new("`[^`]*`").expect("a pattern");
    let (mut seen, mut found) = (0, String::new());
    for page in pages().iter().filter(|page| page.path == "README.md" || page.path.starts_with("docs/")) {
        for (line, text) in page.prose() {
            seen += 1;
            found.push_str(&faults(&format!("{}:{line}", page.path), &code.replace_all(text, "``")));
        }
    }
    assert!(seen > 500, "only {seen} lines were found");
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn collector_finds_messages_only() {
    let source = "// a comment \"with a string\"\nlet x = 'a'; f(\"first message\", \"one\", '\"');\ng(\"a long \\\n        message\");\n\
                  h(r#\"raw \"quoted\" text\"#);\n#[cfg(test)]\nmod tests {\n    const X: &str = \"of a test\";\n}\n";
    assert_eq!(messages(source), ["first message", "a long message", "raw \\\"quoted\\\" text".replace('\\', "").as_str()]);
    assert!(faults("x", "the key is no key").contains("is no k") && faults("x", "there is no key").is_empty());
}
