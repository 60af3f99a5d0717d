//! Reports: one small file per format, each with output types of its own. `write` is the only door.

mod human;
mod json;
mod location;
mod short;
mod text;

use crate::base::Sources;
use crate::policy::Outcome;
use std::io::{self, Write};
use std::time::Duration;

pub use human::problems_and_notices;
pub use json::schema as json_schema;
pub use text::clean;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Like a compiler's, for people.
    Human,
    /// `path:line:col: level RULE message`.
    Short,
    /// kmslint's own, version 1.
    Json,
}

/// What a report needs besides the outcome.
pub struct Context<'a> {
    /// The texts that places point into.
    pub sources: &'a Sources,
    /// Whether the reader wants colour (human only).
    pub color: bool,
    /// How long the run took (human only); `None` keeps the output the same from run to run.
    pub elapsed: Option<Duration>,
    /// Whether keys that pass are listed (human, short).
    pub show_passes: bool,
    /// Maps a path as shown to the path relative to the repository's root, with forward slashes. Paths outside stay as they are.
    pub repository_path: &'a dyn Fn(&str) -> String,
    /// The exit code that this outcome leads to.
    pub exit_code: u8,
}

/// Writes one report.
///
/// # Errors
/// What the writer says.
pub fn write(format: Format, outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(outcome, context, out),
        Format::Short => short::write(outcome, context, out),
        Format::Json => json::write(outcome, context, out),
    }
}
