//! Reports: one small file per format, each with its own output types. `write` is the entry point.
//!
//! Read `short` (the smallest format) and `human` first. All output goes through `text`, which cleans untrusted text, and `guard`, which
//! breaks what a CI service would interpret as a command.

mod checkstyle;
mod compare;
mod context;
mod csv;
mod escaped;
mod github;
mod gitlab;
mod gitlab_sast;
mod guard;
mod html;
mod human;
mod json;
mod junit;
mod line_hash;
mod lines;
mod location;
mod markdown;
mod rdjson;
mod rows;
mod sarif;
mod short;
mod status;
mod text;
mod todo;
mod totals;
mod vaults;

use guard::Guard;

use crate::policy::Outcome;
use std::io;

pub(crate) use compare::SavedReport;
pub use compare::compare;
pub use context::{Fixable, ReportContext, Screen};
pub use guard::Syntax;
pub(crate) use guard::guarded;
pub(crate) use human::write_problems_and_notices;
pub use json::schema as json_schema;
pub use location::short as place;
pub use text::{clean, count};
pub(crate) use vaults::hsm_note;

/// A format: a row of [`Format::ALL`].
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    /// Who or what reads it, in Markdown.
    pub readers: &'static str,
    /// Its syntax, which decides how commands are broken.
    pub syntax: Syntax,
    /// Whether its own lines are commands of a CI service.
    pub writes_commands: bool,
    /// Whether it contains the edits that would fix a finding.
    pub carries_fixes: bool,
    /// Whether it shows how many violations can be fixed.
    pub counts_fixes: bool,
    /// Whether it contains the commit that was checked.
    pub carries_commit: bool,
    write: Write,
}

type Write = fn(&Outcome, &ReportContext<'_>, &mut dyn io::Write) -> io::Result<()>;

impl Format {
    /// The default format: like the diagnostics of a compiler.
    pub const HUMAN: Self = Self {
        counts_fixes: true,
        ..Self::new(
            "human",
            "people: the source line, where the value comes from, why, and what to change (default)",
            Syntax::Text,
            human::write,
        )
    };

    /// All formats. The command line's help, the README's table and the tests that apply to all formats iterate over them.
    pub const ALL: &'static [Self] = &[
        Self::HUMAN,
        Self::new("short", "editors and `grep`: `path:line:col: level RULE address: message`", Syntax::Text, short::write),
        Self::new(
            "json",
            "programs: every key with every fact and verdict; versioned, with a schema (`kmslint schema report`)",
            Syntax::Json,
            json::write,
        ),
        Self {
            carries_fixes: true,
            carries_commit: true,
            ..Self::new(
                "sarif",
                "GitHub code scanning and others: SARIF 2.1.0, validated against GitHub's ingestion rules",
                Syntax::Json,
                sarif::write,
            )
        },
        Self { writes_commands: true, ..Self::new("github", "GitHub annotations, by workflow commands", Syntax::Text, github::write) },
        Self::new("gitlab", "GitLab Code Quality", Syntax::Json, gitlab::write),
        Self::new("gitlab-sast", "GitLab security report", Syntax::Json, gitlab_sast::write),
        Self::new("junit", "CI servers", Syntax::Xml, junit::write),
        Self::new("checkstyle", "CI servers and editors", Syntax::Xml, checkstyle::write),
        Self { carries_fixes: true, ..Self::new("rdjson", "reviewdog", Syntax::Json, rdjson::write) },
        Self::new("markdown", "step summaries, merge requests, tickets", Syntax::Text, markdown::write),
        Self::new("csv", "spreadsheets and auditors: one row per key and rule; no cell is a formula", Syntax::Text, csv::write),
        Self {
            carries_commit: true,
            ..Self::new(
                "html",
                "auditors: one page with every key and verdict, exemptions and how the run was made; needs no network",
                Syntax::Xml,
                html::write,
            )
        },
    ];

    const fn new(name: &'static str, readers: &'static str, syntax: Syntax, write: Write) -> Self {
        Self { name, readers, syntax, writes_commands: false, carries_fixes: false, counts_fixes: false, carries_commit: false, write }
    }

    /// The names of all formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|format| format.name)
    }

    /// The format with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|format| format.name == name)
    }
}

/// Writes one report.
///
/// # Errors
/// The error of the writer.
pub fn write(format: &Format, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut guard = Guard::new(out, format.syntax, format.writes_commands);
    (format.write)(outcome, context, &mut guard)?;
    guard.finish()
}

/// Writes output other than a report with the commands of CI services broken.
///
/// # Errors
/// The error of the writer.
pub fn write_guarded(syntax: Syntax, out: &mut dyn io::Write, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut guard = Guard::new(out, syntax, false);
    write(&mut guard)?;
    guard.finish()
}
