//! Workflow commands, which GitHub shows as annotations on a pull request. GitHub silently drops all but ten errors and ten warnings of a
//! step, so the report counts the rest.

use super::context::ReportContext;
use super::location::{Columns, locate};
use super::short;
use super::text::{clean, count};
use crate::base::{Place, Problem};
use crate::policy::Outcome;
use crate::rules::{Finding, Level};
use std::io::{self, Write};

/// How many annotations of each level GitHub shows for a step.
const MAX_ANNOTATIONS: usize = 10;

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut omitted = 0;
    for kind in ["error", "warning", "notice"] {
        let problems: &[Problem] = if kind == "error" { &outcome.problems } else { &[] };
        let findings = || outcome.findings.iter().filter(|finding| command(finding.level) == kind);
        let annotations = problems.iter().map(|problem| of_problem(problem, context)).chain(findings().map(|one| of_finding(one, context)));
        // GitHub silently drops the rest.
        for annotation in annotations.take(MAX_ANNOTATIONS) {
            writeln!(out, "::{kind}{}::{}", annotation.properties, data(&annotation.text))?;
        }
        omitted += (problems.len() + findings().count()).saturating_sub(MAX_ANNOTATIONS);
    }
    if omitted > 0 {
        writeln!(
            out,
            "{} more than GitHub shows for one step; the step summary and SARIF have all of them",
            count(omitted, "finding", "findings")
        )?;
    }
    Ok(())
}

struct Annotation {
    properties: String,
    text: String,
}

fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note | Level::Off => "notice",
    }
}

fn of_finding(finding: &Finding, context: &ReportContext<'_>) -> Annotation {
    // The name of a root's directory may look like a command.
    let mut text = format!("{}: {}", short::addresses(finding).replace("::", ":·:"), finding.message);
    for more in [&finding.note, &finding.help] {
        if !more.is_empty() {
            text.push_str("\n\n");
            text.push_str(more);
        }
    }
    for variant in short::variants(finding) {
        text.push_str("\n\n");
        text.push_str(&variant.replace("::", ":·:"));
    }
    Annotation { properties: properties(Some(&finding.place), context, finding.rule), text }
}

fn of_problem(problem: &Problem, context: &ReportContext<'_>) -> Annotation {
    let help = problem.help.as_deref().map(|help| format!("\n\n{help}")).unwrap_or_default();
    Annotation { properties: properties(problem.place.as_ref(), context, "kmslint"), text: format!("{}{help}", problem.message) }
}

/// ` file=…,line=…,title=…`
fn properties(place: Option<&Place>, context: &ReportContext<'_>, title: &str) -> String {
    let mut list = Vec::new();
    if let Some(place) = place {
        let at = locate(place, context.sources, Columns::Characters);
        if !at.is_cloud {
            list.push(format!("file={}", property(&(context.repository_path)(&at.path))));
            if let Some((start, end)) = at.range {
                list.push(format!("line={},endLine={}", start.line, end.line));
                // GitHub ignores columns unless start and end are on one line.
                if start.line == end.line {
                    list.push(format!("col={},endColumn={}", start.column, end.column));
                }
            }
        }
    }
    list.push(format!("title={}", property(title)));
    format!(" {}", list.join(","))
}

/// Escapes the text of a command like actions/toolkit.
fn data(text: &str) -> String {
    // Line by line, because `clean` would escape the line ends between paragraphs.
    // `%` first, because the other escapes contain it.
    let harmless: Vec<_> = text.lines().map(clean).collect();
    harmless.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command like actions/toolkit.
fn property(text: &str) -> String {
    clean(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_in_a_command_or_property_is_escaped() {
        assert_eq!(property("a,line=1::b%\n.tf"), "a%2Cline=1%3A%3Ab%25\\n.tf");
        assert_eq!(data("50%\n::error::x"), "50%25%0A::error::x");
    }
}
