//! Errors in the command line. They end with exit code 2.

use super::args::Arguments;
use crate::base::closest;
use crate::policy::nearest;
use crate::report::{self, Format};
use crate::rules::{self, Level};
use clap::CommandFactory;
use std::path::{Path, PathBuf};

/// An error in the command line, as one sentence without a final period.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CliError {
    /// The value of an option is not a directory.
    #[error("`{option} {}`: no such directory", path.display())]
    NoDirectory {
        /// The option.
        option: &'static str,
        /// Its value.
        path: PathBuf,
    },
    /// A path does not exist.
    #[error("cannot read `{}`: no such file or directory", shown(.0))]
    PathNotFound(PathBuf),
    /// A path does not exist and looks like a misspelled subcommand.
    #[error("unrecognized subcommand `{0}`; did you mean `{1}`?")]
    UnknownSubcommand(String, String),
    /// An input variable has no value. The text is not shown, because it may be a secret.
    #[error("`{0}` needs NAME=VALUE")]
    NotNameValue(&'static str),
    /// An environment variable with arguments for `terraform plan` cannot be parsed.
    #[error("cannot read the arguments in `{by}`: {error}")]
    Arguments {
        /// The variable.
        by: &'static str,
        /// Why it cannot be parsed.
        #[source]
        error: WordsError,
    },
    /// A manual page is requested for something that is not a subcommand.
    #[error("there is no subcommand `{}`; `kmslint help` lists them", report::clean(.0))]
    NoManualPage(String),
    /// `--source` is given without a plan or a state.
    #[error("`--source` has no effect without a plan or a state; pass one as a path")]
    SourceWithoutDocument,
    /// `--changed-only` is given without a plan.
    #[error("`--changed-only` has no effect without a plan; pass one as a path")]
    ChangedOnlyWithoutPlan,
    /// `--format` names an unknown format.
    #[error("unknown format `{0}`{hint}; expected {names}", hint = did_you_mean(.0, Format::names()), names = listed(Format::names()))]
    UnknownFormat(String),
    /// `--format NAME=` does not name a file.
    #[error("`--format {0}` does not name a file")]
    NoReportFile(String),
    /// `--statistics` is given without the format that shows them.
    #[error("`--statistics` has no effect without `--format human`; the other formats list findings")]
    StatisticsWithoutHuman,
    /// `--level` is not of the form `RULE=LEVEL`.
    #[error("`--level {0}` is not of the form RULE=LEVEL")]
    NotRuleLevel(String),
    /// `--level` names an unknown level.
    #[error("unknown level `{0}`{hint}; expected error, warning, note or off", hint = did_you_mean(.0, Level::WORDS))]
    UnknownLevel(String),
    /// A rule does not exist.
    #[error("unknown rule `{}`{hint}; `kmslint explain` lists the rules", report::clean(.0), hint = did_you_mean(.0, rule_names()))]
    UnknownRule(String),
}

impl CliError {
    /// The error for a path that does not exist: perhaps it is a misspelled subcommand.
    pub(super) fn path_not_found(path: &Path) -> Self {
        let mut command = Arguments::command();
        // Adds the subcommand `help`.
        command.build();
        let names = || command.get_subcommands().map(clap::Command::get_name);
        // Paths with only letters rarely resemble a subcommand.
        let word = path.to_str().filter(|word| word.chars().all(char::is_alphabetic));
        match word.and_then(|word| Some((word, closest(word, names())?))) {
            Some((word, near)) => Self::UnknownSubcommand(word.to_owned(), near.to_owned()),
            None => Self::PathNotFound(path.to_path_buf()),
        }
    }
}

/// Why a text cannot be split into shell words; a clause.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordsError {
    /// It ends with a backslash.
    #[error("it ends with a backslash")]
    Backslash,
    /// A quote is not closed.
    #[error("a quote is not closed")]
    Quote,
    /// It contains an operator of the shell.
    #[error("`{0}` is not allowed outside of quotes")]
    Operator(char),
    /// The last word is an option that needs a value.
    #[error("`-{0}` needs a value")]
    NoValue(String),
}

fn shown(path: &Path) -> String {
    report::clean(&path.to_string_lossy()).into_owned()
}

/// The ids and names of all rules.
fn rule_names() -> impl Iterator<Item = &'static str> {
    rules::ids().chain(rules::ALL.iter().map(|rule| rule.name))
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
