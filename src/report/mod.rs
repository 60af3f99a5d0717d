//! Reports: one small file per format, each with output types of its own. `write` is the only door.

mod checkstyle;
mod github;
mod gitlab;
mod gitlab_sast;
mod guard;
mod human;
mod json;
mod junit;
mod line_hash;
mod location;
mod markdown;
mod rdjson;
mod sarif;
mod short;
mod text;

use guard::{Guard, Syntax};

use crate::base::{Provenance, Sources};
use crate::fix;
use crate::policy::{ConfigInUse, Outcome};
use crate::rules::Finding;
use jiff::Timestamp;
use std::io::{self, Write};
use std::time::Duration;

pub use guard::guarded;
pub use human::problems_and_notices;
pub use json::schema as json_schema;
pub use location::short as place;
pub use text::{clean, count};

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Like a compiler's, for people.
    Human,
    /// `path:line:col: level RULE message`.
    Short,
    /// kmslint's own, version 1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands: annotations.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// GitLab's security report.
    GitlabSast,
    /// JUnit XML.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
    /// reviewdog.
    Rdjson,
    /// Markdown.
    Markdown,
}

impl Format {
    /// Every format with its name on the command line.
    pub const ALL: [(&'static str, Self); 11] = [
        ("human", Self::Human),
        ("short", Self::Short),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("gitlab-sast", Self::GitlabSast),
        ("junit", Self::Junit),
        ("checkstyle", Self::Checkstyle),
        ("rdjson", Self::Rdjson),
        ("markdown", Self::Markdown),
    ];

    /// How it writes texts.
    fn syntax(self) -> Syntax {
        match self {
            Self::Human | Self::Short | Self::Github | Self::Markdown => Syntax::Text,
            Self::Json | Self::Sarif | Self::Gitlab | Self::GitlabSast | Self::Rdjson => Syntax::Json,
            Self::Junit | Self::Checkstyle => Syntax::Xml,
        }
    }

    /// The format of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }
}

/// What a report needs besides the outcome.
pub struct Context<'a> {
    /// The texts that places point into.
    pub sources: &'a Sources,
    /// Whether the reader wants colour (human only).
    pub color: bool,
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
    /// Edits that would mend a finding.
    pub fixes: &'a dyn Fn(&Finding) -> Vec<fix::Edit>,
    /// Whether exempted findings are kept, marked as such (SARIF).
    pub include_suppressed: bool,
    /// The exit code that this outcome leads to.
    pub exit_code: u8,
}

/// Writes one report.
///
/// # Errors
/// What the writer says.
pub fn write(format: Format, outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut guard = Guard::new(out, format.syntax(), format == Format::Github);
    write_unguarded(format, outcome, context, &mut guard)?;
    guard.finish()
}

/// Which config file holds and what it turns off, in one line.
fn config_line(config: &ConfigInUse) -> String {
    let path = clean(&config.path);
    match config.turns_off.as_slice() {
        [] => format!("config: `{path}`"),
        off => format!("config: `{path}` {}", clean(&off.join("; "))),
    }
}

fn write_unguarded(format: Format, outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(outcome, context, out),
        Format::Short => short::write(outcome, context, out),
        Format::Json => json::write(outcome, context, out),
        Format::Sarif => sarif::write(outcome, context, out),
        Format::Github => github::write(outcome, context, out),
        Format::Gitlab => gitlab::write(outcome, context, out),
        Format::GitlabSast => gitlab_sast::write(outcome, context, out),
        Format::Junit => junit::write(outcome, context, out),
        Format::Checkstyle => checkstyle::write(outcome, context, out),
        Format::Rdjson => rdjson::write(outcome, context, out),
        Format::Markdown => markdown::write(outcome, context, out),
    }
}
