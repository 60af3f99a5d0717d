//! Reports: one small file per format, each with output types of its own. `write` is the only door.
//!
//! Read `short` (the smallest format) and `human` first. Everything passes `text`, which cleans foreign text, and `guard`, which breaks
//! what a CI service would take for a command.

mod checkstyle;
mod compare;
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

use guard::Guard;

use crate::base::{Provenance, Sources};
use crate::fix;
use crate::policy::{ConfigInUse, Outcome};
use crate::rules::Finding;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::io::{self, Write as _};
use std::time::Duration;

pub(crate) use compare::SavedReport;
pub use compare::compare;
pub use guard::Syntax;
pub(crate) use guard::guarded;
pub(crate) use human::problems_and_notices;
pub use json::schema as json_schema;
pub use location::short as place;
pub use text::{clean, count};

/// A format: a row of [`Format::ALL`].
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    /// Who or what reads it, in Markdown.
    pub readers: &'static str,
    /// How it writes texts.
    pub syntax: Syntax,
    /// Whether its own lines are commands of a CI service.
    pub writes_commands: bool,
    /// Whether it carries the edits that would fix a finding.
    pub carries_fixes: bool,
    /// Whether it counts the violations that can be fixed.
    pub counts_fixes: bool,
    /// Whether it carries the commit that was looked at.
    pub carries_commit: bool,
    write: Write,
}

type Write = fn(&Outcome, &ReportContext<'_>, &mut dyn io::Write) -> io::Result<()>;

impl Format {
    /// Like a compiler's: what is written unless another format is asked for.
    pub const HUMAN: Self = Self {
        counts_fixes: true,
        ..Self::new(
            "human",
            "people: the source line, where the value comes from, why, and what to change (default)",
            Syntax::Text,
            human::write,
        )
    };

    /// Every format. The help of the command line, the table in the README and the tests of what holds for all of them iterate this.
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

    /// The format of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|format| format.name == name)
    }
}

/// Where a report for people is read.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// Whether the reader wants color.
    pub color: bool,
    /// Its width in columns; `None` where nothing tells it.
    pub columns: Option<usize>,
    /// The address of a file by its path as shown, for hyperlinks; it has no control characters. `None` where links are not understood.
    pub link: Option<&'a dyn Fn(&str) -> String>,
}

/// How many violations can be fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixable {
    /// By `--fix`.
    pub safe: usize,
    /// By `--unsafe-fixes` in addition.
    pub with_unsafe: usize,
}

/// What a report needs in addition to the outcome.
pub struct ReportContext<'a> {
    /// The texts that places point into.
    pub sources: &'a Sources,
    /// Where it is read (human only).
    pub screen: &'a Screen<'a>,
    /// How many violations can be fixed, where that was found out (human only).
    pub fixable: Option<Fixable>,
    /// Whether a baseline is in use (human only).
    pub has_baseline: bool,
    /// The clock.
    pub now: Timestamp,
    /// How long the run took (human only); `None` keeps the output the same from run to run.
    pub elapsed: Option<Duration>,
    /// Whether keys that pass are listed (human, short).
    pub show_passes: bool,
    /// Whether the closing line is left out (human).
    pub quiet: bool,
    /// Maps a path as shown to the path relative to the repository's root, with forward slashes. Paths outside stay as they are.
    pub repository_path: &'a dyn Fn(&str) -> String,
    /// Whether a path as shown lies inside the repository.
    pub in_repository: &'a dyn Fn(&str) -> bool,
    /// Which commit was looked at, in a git checkout.
    pub provenance: Option<&'a Provenance>,
    /// Edits that would fix a finding.
    pub fixes: &'a dyn Fn(&Finding) -> Vec<fix::Edit>,
    /// Whether exempted findings are kept, marked as such (SARIF).
    pub include_suppressed: bool,
    /// The exit code that this outcome leads to.
    pub exit_code: u8,
    /// Whether counts take the place of the findings (human).
    pub statistics: bool,
    /// The command line, without the values of input variables (HTML).
    pub command: &'a str,
    /// Where the CI service shows the files of the commit that was looked at: the address before a path in the repository.
    pub files_url: Option<&'a str>,
    /// Whether explanations are repeated, nothing is folded and no list is cut (human only).
    pub verbose: bool,
}

/// Writes one report.
///
/// # Errors
/// What the writer says.
pub fn write(format: &Format, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut guard = Guard::new(out, format.syntax, format.writes_commands);
    (format.write)(outcome, context, &mut guard)?;
    guard.finish()
}

/// Lets something write that is not a report of a run, with commands of CI services broken as in one.
///
/// # Errors
/// What the writer reports.
pub fn write_guarded(syntax: Syntax, out: &mut dyn io::Write, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut guard = Guard::new(out, syntax, false);
    write(&mut guard)?;
    guard.finish()
}

/// A list whose elements are made when they are written: hundreds of thousands of them are never in memory a second time.
struct Lazy<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Lazy<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Writes a value as indented JSON and ends the line.
fn write_json(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    // The serializer writes words, and what it writes to may be far away.
    let mut out = io::BufWriter::with_capacity(64 << 10, out);
    escaped::write(value, &mut out)?;
    writeln!(out)?;
    out.flush()
}

/// Which config file holds and what it turns off, in one line.
fn config_line(config: &ConfigInUse) -> String {
    let path = clean(&config.path);
    match config.turns_off.as_slice() {
        [] => format!("config: `{path}`"),
        off => format!("config: `{path}` {}", clean(&off.join("; "))),
    }
}
