//! The command line: arguments and what they mean, one file for each subcommand, exit codes.
//!
//! Read `args`, then `check`. `check` and `live` share `run_context`. Only `environment` reads the environment of the process.

mod args;
mod check;
mod compare;
mod documents;
mod environment;
mod error;
mod eval;
mod exit;
mod explain;
mod fix;
mod format;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod inputs;
mod interrupt;
mod invocation;
mod live;
mod lsp;
mod man;
mod progress;
mod run_context;
mod schema;
mod spelling;

pub use exit::Exit;

use args::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use environment::{Environment, print, write_stderr};
use invocation::Invocation;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

/// Runs the command line of the process.
#[must_use]
pub fn main() -> ExitCode {
    let result = Environment::of_process().and_then(|environment| run(std::env::args_os(), &environment));
    result
        .unwrap_or_else(|error| {
            write_stderr(format!("error: {error}\n").as_bytes());
            Exit::Trouble
        })
        .into()
}

/// Runs a command line. The first word is the name of the program.
fn run(words: impl Iterator<Item = OsString>, environment: &Environment) -> io::Result<Exit> {
    let mut command = Arguments::command();
    let subcommands: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let words = spelling::normalize(words, &subcommands);
    // `_mut` keeps the built command, which reports use to show the command line: building it twice takes time.
    let matches = match command.try_get_matches_from_mut(words) {
        Ok(matches) => matches,
        // Help and version are not failures. clap knows the stream for each.
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Trouble } else { Exit::Clean };
            let _ = error.print();
            return Ok(exit);
        }
    };
    let arguments = Arguments::from_arg_matches(&matches).map_err(io::Error::other)?;
    let invocation = Invocation::new(&command, &matches);
    match &arguments.command {
        None => check::run(&arguments.check, &invocation, environment),
        Some(Command::Check(check)) => check::run(check, &invocation, environment),
        Some(Command::Live(live)) => live::run(live, &invocation, environment),
        Some(Command::Lsp(arguments)) => Ok(lsp::run(arguments, invocation.matches, environment)),
        Some(Command::Explain(explain)) => explain::run(explain),
        Some(Command::Eval(eval)) => eval::run(eval, invocation.matches, environment),
        Some(Command::Schema(schema)) => schema::run(schema),
        Some(Command::Completions(completions)) => {
            let mut text = Vec::new();
            clap_complete::generate(completions.shell, &mut Arguments::command(), "kmslint", &mut text);
            print(&text).map(|()| Exit::Clean)
        }
        Some(Command::Compare(compare)) => compare::run(compare, environment),
        Some(Command::Man(man)) => man::run(man, environment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_passes_the_assertions_of_clap() {
        Arguments::command().debug_assert();
    }
}
