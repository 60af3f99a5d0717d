//! What is wrong with a command line. Exit code 2.

use super::args::Arguments;
use crate::base::closest;
use crate::policy::nearest;
use crate::report::{self, Format};
use crate::rules::{self, Level};
use clap::CommandFactory;
use std::path::{Path, PathBuf};

/// What is wrong with a command line, as one sentence without a full stop.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CliError {
    /// An option that should name a directory.
    #[error("`{option} {}`: no such directory", path.display())]
    NoDirectory {
        /// The option.
        option: &'static str,
        /// What it names.
        path: PathBuf,
    },
    /// A path that is not there.
    #[error("cannot read `{}`: no such file or directory", shown(.0))]
    NotThere(PathBuf),
    /// A path that is not there and reads like a subcommand.
    #[error("unrecognized subcommand `{0}`; did you mean `{1}`?")]
    UnknownSubcommand(String, String),
    /// An input variable without its value. Its text is not repeated: it may be a secret.
    #[error("`{0}` needs NAME=VALUE")]
    NotNameValue(&'static str),
    /// An environment variable with arguments for `terraform plan`.
    #[error("cannot read the arguments in `{by}`: {error}")]
    Arguments {
        /// The variable.
        by: &'static str,
        /// What is wrong with its text.
        #[source]
        error: WordsError,
    },
    /// A manual page of what is not a subcommand.
    #[error("there is no subcommand `{}`; `kmslint help` lists them", report::clean(.0))]
    NoManualPage(String),
    /// `--source` without what it is for.
    #[error("`--source` has no effect without a plan or a state; pass one as a path")]
    SourceWithoutDocument,
    /// `--changed-only` without what it is for.
    #[error("`--changed-only` has no effect without a plan; pass one as a path")]
    ChangedOnlyWithoutPlan,
    /// `--format` with a name that is not a format's.
    #[error("unknown format `{0}`{hint}; expected {names}", hint = did_you_mean(.0, Format::names()), names = listed(Format::names()))]
    UnknownFormat(String),
    /// `--format NAME=` without the file.
    #[error("`--format {0}` does not name a file")]
    NoReportFile(String),
    /// `--statistics` without the report that shows them.
    #[error("`--statistics` has no effect without `--format human`; the other formats list findings")]
    StatisticsWithoutHuman,
    /// `--level` without its parts.
    #[error("`--level {0}` is not of the form RULE=LEVEL")]
    NotRuleLevel(String),
    /// `--level` with a word that is not a level.
    #[error("unknown level `{0}`{hint}; expected error, warning, note or off", hint = did_you_mean(.0, Level::WORDS))]
    UnknownLevel(String),
    /// A rule that does not exist.
    #[error("unknown rule `{}`{hint}; `kmslint explain` lists the rules", report::clean(.0), hint = did_you_mean(.0, rule_names()))]
    UnknownRule(String),
}

impl CliError {
    /// A path that is not there: perhaps a misspelled subcommand.
    pub(super) fn not_there(path: &Path) -> Self {
        let mut command = Arguments::command();
        // Adds `help`.
        command.build();
        let names = || command.get_subcommands().map(clap::Command::get_name);
        // A path is rarely called almost like a subcommand.
        let word = path.to_str().filter(|word| word.chars().all(char::is_alphabetic));
        match word.and_then(|word| Some((word, closest(word, names())?))) {
            Some((word, near)) => Self::UnknownSubcommand(word.to_owned(), near.to_owned()),
            None => Self::NotThere(path.to_path_buf()),
        }
    }
}

/// Why a text cannot be split into the words of a command line; a clause.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordsError {
    /// A backslash has nothing to escape.
    #[error("it ends with a backslash")]
    Backslash,
    /// A quote without its second one.
    #[error("a quote is not closed")]
    Quote,
    /// An operator of the shell.
    #[error("`{0}` is not allowed outside of quotes")]
    Operator(char),
    /// An option that is the last word.
    #[error("`-{0}` needs a value")]
    NoValue(String),
}

fn shown(path: &Path) -> String {
    report::clean(&path.to_string_lossy()).into_owned()
}

/// What a rule may be called.
fn rule_names() -> impl Iterator<Item = &'static str> {
    rules::ids().chain(rules::ALL.iter().map(|rule| rule.name))
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
