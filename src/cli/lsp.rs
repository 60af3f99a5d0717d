//! `kmslint lsp`: the language server over standard input and output.

use super::Exit;
use super::args::Lsp;
use super::environment::Environment;
use super::inputs;
use super::run_context::fail;
use crate::lsp::{self, Process};
use crate::terraform::ScanRequest;
use clap::ArgMatches;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// Runs the subcommand.
pub(super) fn run(arguments: &Lsp, matches: &ArgMatches, environment: &Environment) -> Exit {
    // Errors in the inputs do not depend on the directory, so report them now.
    if let Err(error) = inputs::request(&arguments.inputs, matches, environment, Vec::new()) {
        return fail(error);
    }
    let (given, matches, environment) = (arguments.inputs.clone(), matches.clone(), environment.clone());
    let make = move |directory: &Path| {
        let environment = Environment { cwd: directory.to_path_buf(), ..environment.clone() };
        let paths = vec![PathBuf::from(".")];
        inputs::request(&given, &matches, &environment, paths.clone()).unwrap_or_else(|_| ScanRequest::new(environment.cwd.clone(), paths))
    };
    let process = Process { make: Box::new(make), clock: Timestamp::now };
    let was_shut_down = lsp::serve(process, &mut io::BufReader::new(io::stdin()), io::stdout());
    // The exit codes of the protocol: 1 if the client did not send `shutdown` before `exit`.
    if was_shut_down { Exit::Clean } else { Exit::Findings }
}
