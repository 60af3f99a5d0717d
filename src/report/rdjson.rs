//! reviewdog's `rdjson` (proto/rdf/reviewdog.proto): columns are in bytes, and ends are exclusive.

use super::context::ReportContext;
use super::lines::{Lazy, write_json};
use super::location::{self, Columns, locate};
use super::{markdown::message, short};
use crate::base::{Place, Problem};
use crate::policy::Outcome;
use crate::rules::{self, Finding, Level};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct RdReport<D> {
    source: RdSource,
    diagnostics: D,
}

#[derive(Serialize)]
struct RdSource {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct Diagnostic {
    message: String,
    location: RdLocation,
    severity: &'static str,
    code: RdCode,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(rename = "relatedLocations", skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
}

#[derive(Serialize)]
struct RdLocation {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: RdPosition,
    end: RdPosition,
}

#[derive(Serialize)]
struct RdPosition {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct RdCode {
    value: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Related {
    message: String,
    location: RdLocation,
}

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let of_problem = |problem: &Problem| Diagnostic {
        message: message(&problem.message),
        location: problem.place.as_ref().map_or_else(|| RdLocation { path: String::new(), range: None }, |place| at(place, context)),
        severity: "ERROR",
        code: RdCode { value: "problem", url: None },
        suggestions: Vec::new(),
        related: Vec::new(),
    };
    let of_finding = |finding: &Finding| Diagnostic {
        message: [format!("{}: {}", short::addresses(finding), finding.message).as_str(), &*finding.note, &*finding.help]
            .into_iter()
            .map(message)
            .chain(short::variants(finding).iter().map(|text| message(text)))
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n\n"),
        location: at(&finding.place, context),
        severity: match finding.level {
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Note | Level::Off => "INFO",
        },
        code: RdCode { value: finding.rule, url: rules::documentation_url(finding.rule) },
        suggestions: (context.fixes)(finding)
            .into_iter()
            // reviewdog applies suggestions to the diagnostic's own file only.
            .filter(|edit| finding.place.span().is_some_and(|span| span.source == edit.span.source))
            .filter_map(|edit| Some(Suggestion { range: at(&Place::Source(edit.span), context).range?, text: edit.replacement }))
            .collect(),
        related: finding.trail.iter().map(|step| Related { message: message(&step.label()), location: at(&step.place, context) }).collect(),
    };
    let diagnostics = Lazy(|| outcome.problems.iter().map(of_problem).chain(outcome.findings.iter().map(of_finding)));
    write_json(&RdReport { source: RdSource { name: "kmslint", url: env!("CARGO_PKG_REPOSITORY") }, diagnostics }, out)
}

fn at(place: &Place, context: &ReportContext<'_>) -> RdLocation {
    let location::Location { path, range, .. } = locate(place, context.sources, Columns::Bytes);
    let position = |at: crate::base::Position| RdPosition { line: at.line, column: at.column };
    RdLocation {
        path: (context.repository_path)(&path),
        range: range.map(|(start, end)| Range { start: position(start), end: position(end) }),
    }
}
