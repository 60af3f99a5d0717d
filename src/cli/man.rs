//! `kmslint man`: generates manual pages from the command line's definition, for the program and for each subcommand.

use super::Exit;
use super::args::{Arguments, Man};
use super::environment::{Environment, print};
use super::error::CliError;
use super::run_context::fail;
use crate::base::Repository;
use clap::{Command, CommandFactory};
use std::io;

/// Runs the subcommand.
pub(super) fn run(arguments: &Man, environment: &Environment) -> io::Result<Exit> {
    // `kmslint help SUBCOMMAND` must not get a page.
    let mut command = Arguments::command().disable_help_subcommand(true);
    // Sets the names of the subcommands' pages: `kmslint-check`.
    command.build();
    if let Some(directory) = &arguments.dir {
        let repository = Repository::around(&environment.cwd);
        for page in std::iter::once(&command).chain(command.get_subcommands()) {
            let page = clap_mangen::Man::new(page.clone());
            let path = environment.cwd.join(directory).join(page.get_filename());
            if let Err(error) = repository.write_through(&path, |mut out| page.render(&mut out)) {
                return Ok(fail(format!("cannot write the manual page `{}`: {error}", path.display())));
            }
        }
        return Ok(Exit::Clean);
    }
    let page = match &arguments.page {
        None => Some(&command),
        Some(name) => command.find_subcommand(name),
    };
    match page {
        Some(page) => print(&rendered(page)?).map(|()| Exit::Clean),
        None => Ok(fail(CliError::NoManualPage(arguments.page.clone().unwrap_or_default()))),
    }
}

fn rendered(command: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    Ok(text)
}
