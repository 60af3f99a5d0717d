//! Checkstyle XML: files with their errors.

use super::context::ReportContext;
use super::location::{Columns, locate};
use super::short;
use super::text::clean;
use crate::base::{Place, Problem};
use crate::policy::Outcome;
use crate::rules::{Finding, Level};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<String, Vec<FileEntry<'_>>> = BTreeMap::new();
    for problem in &outcome.problems {
        let at = problem.place.as_ref().map(|place| locate(place, context.sources, Columns::Characters));
        let path = at.as_ref().map_or_else(|| "kmslint".to_owned(), |at| (context.repository_path)(&at.path));
        files.entry(path).or_default().push(FileEntry::Problem(problem));
    }
    for finding in &outcome.findings {
        let at = locate(&finding.place, context.sources, Columns::Characters);
        files.entry((context.repository_path)(&at.path)).or_default().push(FileEntry::Finding(finding));
    }
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("checkstyle");
    root.push_attribute(("version", "4.3"));
    xml.write_event(Event::Start(root))?;
    for (path, errors) in files {
        let mut file = BytesStart::new("file");
        file.push_attribute(("name", clean(&path).as_ref()));
        xml.write_event(Event::Start(file))?;
        for entry in errors {
            xml.write_event(Event::Empty(entry.element(context)))?;
        }
        xml.write_event(Event::End(BytesEnd::new("file")))?;
    }
    xml.write_event(Event::End(BytesEnd::new("checkstyle")))?;
    writeln!(out)
}

/// A problem or a finding in a file.
enum FileEntry<'a> {
    Problem(&'a Problem),
    Finding(&'a Finding),
}

impl FileEntry<'_> {
    /// The XML element. It is made only when it is written, because a report may have hundreds of thousands of them.
    fn element(&self, context: &ReportContext<'_>) -> BytesStart<'static> {
        let start = |place: &Place| {
            let (start, _) = locate(place, context.sources, Columns::Characters).range?;
            Some((start.line, start.column))
        };
        match self {
            Self::Problem(problem) => error(problem.place.as_ref().and_then(start), "error", &problem.message, "problem"),
            Self::Finding(finding) => {
                let severity = match finding.level {
                    Level::Error => "error",
                    Level::Warning => "warning",
                    Level::Note | Level::Off => "info",
                };
                let message = format!("{}: {}", short::addresses(finding), finding.message);
                error(start(&finding.place), severity, &message, finding.rule)
            }
        }
    }
}

fn error(start: Option<(usize, usize)>, severity: &str, message: &str, source: &str) -> BytesStart<'static> {
    let (line, column) = start.unwrap_or((1, 1));
    let mut element = BytesStart::new("error");
    element.push_attribute(("line", line.to_string().as_str()));
    element.push_attribute(("column", column.to_string().as_str()));
    element.push_attribute(("severity", severity));
    element.push_attribute(("message", clean(message).as_ref()));
    element.push_attribute(("source", source));
    element
}
