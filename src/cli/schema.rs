//! `kmslint schema`: prints the JSON Schema of the config file or of the JSON report.

use super::Exit;
use super::args::{SchemaArguments, SchemaOf};
use super::environment::print;
use crate::{policy, report};

/// Runs the subcommand.
pub(super) fn run(arguments: &SchemaArguments) -> std::io::Result<Exit> {
    let text = match arguments.of {
        SchemaOf::Config => policy::schema(),
        SchemaOf::Report => report::json_schema(),
    };
    print(text.as_bytes()).map(|()| Exit::Clean)
}
