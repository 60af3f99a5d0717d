//! `kmslint compare`: compares two JSON reports.

use super::Exit;
use super::args::{Compare, CompareFormat};
use super::environment::{Environment, print_through};
use super::run_context::fail;
use crate::base::disk;
use crate::report::{self, SavedReport, Syntax};
use std::io::{self, Read};
use std::path::Path;

/// Runs the subcommand.
pub(super) fn run(arguments: &Compare, environment: &Environment) -> io::Result<Exit> {
    if arguments.old.as_os_str() == "-" && arguments.new.as_os_str() == "-" {
        return Ok(fail("only one of the two reports can come from standard input"));
    }
    let read = |path: &Path| {
        let shown = report::clean(&path.to_string_lossy()).into_owned();
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            disk::open_stream(&environment.cwd.join(path)).map_err(|error| format!("cannot read `{shown}`: {error}"))?
        };
        SavedReport::read(input).map_err(|error| format!("cannot compare `{shown}`: {}", report::clean(&error.to_string())))
    };
    let (old, new) = match read(&arguments.old).and_then(|old| Ok((old, read(&arguments.new)?))) {
        Ok(both) => both,
        Err(sentence) => return Ok(fail(sentence)),
    };
    let comparison = report::compare(&old, &new);
    print_through(|out| match arguments.format {
        CompareFormat::Human => report::write_guarded(Syntax::Text, out, |out| comparison.write_human(out)),
        CompareFormat::Json => report::write_guarded(Syntax::Json, out, |out| comparison.write_json(out)),
    })?;
    Ok(match (comparison.is_incomplete(), comparison.has_new()) {
        (true, _) => Exit::Trouble,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Clean,
    })
}
