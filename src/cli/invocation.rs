//! The command line as reports show it, without secrets. Auditors need it to know what was checked.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::borrow::Cow;

/// The subcommand that was typed; `check` if there is none.
pub(super) struct Invocation<'a> {
    name: &'a str,
    /// Its definition.
    command: &'a Command,
    /// Its arguments.
    pub matches: &'a ArgMatches,
}

impl<'a> Invocation<'a> {
    /// Takes the subcommand from the root command's matches.
    pub(super) fn new(root: &'a Command, matches: &'a ArgMatches) -> Self {
        let of_subcommand = |(name, matches)| Some(Self { name, command: root.find_subcommand(name)?, matches });
        matches.subcommand().and_then(of_subcommand).unwrap_or(Self { name: "check", command: root, matches })
    }

    /// The command line with its words in the order in which they were typed. The values of input variables and credentials in URLs are
    /// omitted.
    pub(super) fn shown(&self) -> String {
        let mut words: Vec<(usize, String)> =
            self.command.get_arguments().flat_map(|argument| typed_words(argument, self.matches)).collect();
        words.sort_by_key(|(at, _)| *at);
        let words = words.into_iter().map(|(_, word)| word);
        ["kmslint".to_owned(), self.name.to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// The words that were typed for an argument, each with its position.
fn typed_words(argument: &Arg, matches: &ArgMatches) -> Vec<(usize, String)> {
    let id = argument.get_id().as_str();
    if matches.try_contains_id(id).is_err() || matches.value_source(id) != Some(ValueSource::CommandLine) {
        return Vec::new();
    }
    let name = argument.get_long().map(|long| format!("--{long}"));
    let values = matches.get_raw(id).into_iter().flatten().map(|value| without_secrets(id, &value.to_string_lossy()));
    let positions = matches.indices_of(id).into_iter().flatten();
    let word = |value: String| match &name {
        Some(name) if !argument.get_action().takes_values() => name.clone(),
        Some(name) => format!("{name} {}", quoted(&value)),
        None => quoted(&value).into_owned(),
    };
    positions.zip(values.map(word)).collect()
}

/// The value of an argument, with possible secrets replaced by `…`.
fn without_secrets(id: &str, value: &str) -> String {
    match id {
        "vars" => value.split_once('=').map_or_else(|| "…".to_owned(), |(name, _)| format!("{name}=…")),
        // The last `@`, because a password may contain others.
        _ => match (value.split_once("://"), value.rfind('@')) {
            (Some((scheme, _)), Some(at)) => format!("{scheme}://…{}", value.get(at..).unwrap_or_default()),
            _ => value.to_owned(),
        },
    }
}

/// A word, quoted for a shell if necessary.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%…".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::Arguments;
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_shown_without_secrets() {
        let line = |words: &[&str]| {
            let mut command = Arguments::command();
            let matches = command.try_get_matches_from_mut(words).expect("a command line");
            Invocation::new(&command, &matches).shown()
        };
        assert_eq!(line(&["kmslint"]), "kmslint check");
        assert_eq!(
            line(&["kmslint", "infra", "--var", "s=secret", "--strict", "--var-file=a b.tfvars", "--var=t=x", "plan.json"]),
            "kmslint check infra --var s=… --strict --var-file 'a b.tfvars' --var t=… plan.json"
        );
        assert_eq!(
            line(&["kmslint", "live", "--endpoint", "https://user:pass@proxy/{service}", "--against", "a", "b"]),
            "kmslint live --endpoint 'https://…@proxy/{service}' --against a --against b"
        );
    }
}
