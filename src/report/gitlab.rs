//! GitLab Code Quality: a JSON array. GitLab merges findings with equal fingerprints; ours are unique and stable.

use super::context::ReportContext;
use super::lines::{Lazy, write_json};
use super::location::{Columns, locate};
use super::{markdown::message, short};
use crate::policy::Outcome;
use crate::rules::{Finding, Level};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: GitlabLocation,
}

#[derive(Serialize)]
struct GitlabLocation {
    path: String,
    lines: GitlabLines,
}

#[derive(Serialize)]
struct GitlabLines {
    begin: usize,
    end: usize,
}

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    // The format does not have problems: they go to standard error and into the exit code.
    write_json(&Lazy(|| outcome.findings.iter().map(|finding| issue(finding, context))), out)
}

fn issue<'a>(finding: &'a Finding, context: &ReportContext<'_>) -> Issue<'a> {
    let at = locate(&finding.place, context.sources, Columns::Characters);
    // GitLab requires a line, starting at 1, even if only the file is known.
    let (begin, end) = at.range.map_or((1, 1), |(start, end)| (start.line, end.line));
    Issue {
        description: message(&format!("{}: {}", short::addresses(finding), finding.message)),
        check_name: finding.rule,
        fingerprint: &finding.fingerprint,
        severity: match finding.level {
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Note | Level::Off => "info",
        },
        location: GitlabLocation { path: (context.repository_path)(&at.path), lines: GitlabLines { begin, end } },
    }
}
