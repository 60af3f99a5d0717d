//! Terraform's spelling of arguments: one dash, `-chdir` before the subcommand, and the arguments in `TF_CLI_ARGS`.

use super::error::WordsError;
use std::ffi::{OsStr, OsString};

/// The options that Terraform has with one dash.
const ONE_DASH_OPTIONS: [&str; 3] = ["-var", "-var-file", "-chdir"];

/// Rewrites `-var`, `-var-file` and `-chdir` with two dashes, and moves `-chdir` after the subcommand.
pub(super) fn normalize(words: impl Iterator<Item = OsString>, subcommands: &[&str]) -> Vec<OsString> {
    let mut out: Vec<OsString> = Vec::new();
    let mut is_after_options = false;
    for word in words {
        is_after_options |= word == "--";
        out.push(if is_after_options { word } else { with_two_dashes(word) });
    }
    // `terraform -chdir=DIR plan`: in Terraform it is an option of the program, here of each subcommand.
    let is_chdir = |word: &OsString| word.to_str().is_some_and(|word| word.starts_with("--chdir="));
    let is_subcommand = |word: &OsString| word.to_str().is_some_and(|word| subcommands.contains(&word));
    if out.get(1).is_some_and(is_chdir) && out.get(2).is_some_and(is_subcommand) {
        out.swap(1, 2);
    }
    out
}

fn with_two_dashes(word: OsString) -> OsString {
    let name = word.to_str().map(|text| text.split_once('=').map_or(text, |(name, _)| name));
    if !name.is_some_and(|name| ONE_DASH_OPTIONS.contains(&name)) {
        return word;
    }
    let mut two = OsString::from("-");
    two.push(OsStr::new(&word));
    two
}

/// A `-var` or `-var-file` in `TF_CLI_ARGS`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EnvArgument {
    /// `-var NAME=VALUE`.
    Var(String),
    /// `-var-file FILE`.
    VarFile(String),
}

/// The options of `terraform plan` and `tofu plan` that take a value, which may be the next word.
const OPTIONS_WITH_VALUE: [&str; 13] = [
    "var",
    "var-file",
    "out",
    "parallelism",
    "lock-timeout",
    "target",
    "target-file",
    "exclude",
    "exclude-file",
    "replace",
    "state",
    "generate-config-out",
    "backup",
];

/// The inputs in an environment variable, parsed like Go's `flag` package: one or two dashes, the value after `=` or in the next word, up
/// to the first word that is not an option.
///
/// # Errors
/// The text cannot be split into words, or an option has no value.
pub(super) fn env_arguments(text: &str) -> Result<Vec<EnvArgument>, WordsError> {
    let mut words = split_words(text)?.into_iter();
    let mut inputs = Vec::new();
    while let Some(word) = words.next() {
        let Some(option) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|option| !option.is_empty()) else { break };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        if !OPTIONS_WITH_VALUE.contains(&name) {
            continue;
        }
        // Consume the values of other options as well: in `-out plan -var a=1`, `plan` would otherwise end the options.
        let value = value.or_else(|| words.next()).ok_or_else(|| WordsError::NoValue(name.to_owned()))?;
        match name {
            "var" => inputs.push(EnvArgument::Var(value)),
            "var-file" => inputs.push(EnvArgument::VarFile(value)),
            _ => {}
        }
    }
    Ok(inputs)
}

/// Splits a text into words like a shell, without expansion. Terraform uses `mattn/go-shellwords`, which stops at the first unquoted
/// operator of the shell.
fn split_words(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), _) if c != '\'' => word.get_or_insert_default().push(c),
            (_, '\\') => {
                let next = chars.next().ok_or(WordsError::Backslash)?;
                word.get_or_insert_default().push(next);
            }
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            (None, ';' | '&' | '|' | '<' | '>') => break,
            (None, '(' | ')') => return Err(WordsError::Operator(c)),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(WordsError::Quote);
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(words: &[&str]) -> Vec<String> {
        let words = normalize(words.iter().map(OsString::from), &["check", "eval"]);
        words.into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn spelling_of_terraform_is_accepted() {
        assert_eq!(
            normalized(&["kmslint", "-var-file=a.tfvars", "-var", "m=HSM", "-var=x=-var=y", "-v", "-chdir=d"]),
            ["kmslint", "--var-file=a.tfvars", "--var", "m=HSM", "--var=x=-var=y", "-v", "--chdir=d"]
        );
        assert_eq!(normalized(&["kmslint", "-chdir=d", "eval", "1"]), ["kmslint", "eval", "--chdir=d", "1"]);
        assert_eq!(normalized(&["kmslint", "--chdir=d", "check", "."]), ["kmslint", "check", "--chdir=d", "."]);
        assert_eq!(normalized(&["kmslint", "-chdir=d", "modules"]), ["kmslint", "--chdir=d", "modules"]);
        assert_eq!(normalized(&["kmslint", "--", "-var"]), ["kmslint", "--", "-var"]);
        assert_eq!(normalized(&["kmslint", "-variable", "-vq"]), ["kmslint", "-variable", "-vq"]);
    }

    #[test]
    fn inputs_between_other_options_are_found() {
        let var = |text: &str| EnvArgument::Var(text.to_owned());
        let file = |text: &str| EnvArgument::VarFile(text.to_owned());
        for (text, expected) in [
            ("", vec![]),
            ("-var-file=prod.tfvars -var x=1", vec![file("prod.tfvars"), var("x=1")]),
            ("--var 'x=a b' --var-file \"my file\"", vec![var("x=a b"), file("my file")]),
            ("-input=false -lock=false -parallelism 4 -out -var -var x=1", vec![var("x=1")]),
            ("-no-color -target a.b -var=x='[\"a\"]'", vec![var("x=[\"a\"]")]),
            ("-var x=a\\ b\\\"c", vec![var("x=a b\"c")]),
            ("-var x=1 planfile -var x=2", vec![var("x=1")]),
            ("-var x=1 -- -var x=2", vec![var("x=1")]),
            ("-var x=1; -var x=2", vec![var("x=1")]),
            ("-var x=", vec![var("x=")]),
        ] {
            assert_eq!(env_arguments(text), Ok(expected), "{text}");
        }
        for text in ["-var 'x=1", "-var", "-var \"x", "-var x=\\", "-var x=$(cat y)"] {
            assert!(env_arguments(text).is_err(), "{text}");
        }
    }
}
