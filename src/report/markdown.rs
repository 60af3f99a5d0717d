//! Markdown: for step summaries, merge requests and an auditor's ticket. GitHub takes at most 1 MiB of it for a step.

use super::text::{clean, count};
use super::{Context, location, short};
use crate::policy::Outcome;
use crate::rules::{Finding, Verdict};
use std::io::{self, Write};

/// How many findings are listed; the rest is counted. Keeps the report far below a step summary's 1 MiB.
const MOST: usize = 500;

/// Writes the report.
pub fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## kmslint\n\n{}\n", verdict_line(outcome))?;
    if !outcome.findings.is_empty() {
        writeln!(out, "| Level | Rule | Key | Place | What |\n| --- | --- | --- | --- | --- |")?;
        for finding in outcome.findings.iter().take(MOST) {
            row(finding, context, out)?;
        }
        if outcome.findings.len() > MOST {
            writeln!(out, "\n… and {} more.", outcome.findings.len() - MOST)?;
        }
        writeln!(out, "\n### How to fix\n")?;
        let mut said: Vec<(&str, &str)> = Vec::new();
        for finding in outcome.findings.iter().filter(|finding| !finding.help.is_empty()) {
            if !said.contains(&(finding.rule, finding.help.as_str())) && said.len() < MOST {
                said.push((finding.rule, &finding.help));
                writeln!(out, "- **{}**, {}: {}", finding.rule, cell(&short::addresses(finding)), prose(&finding.help))?;
            }
        }
    }
    list(
        out,
        "Could not be done",
        outcome.problems.iter().map(|problem| {
            let at =
                problem.place.as_ref().map(|place| format!("{}: ", cell(&location::short(place, context.sources)))).unwrap_or_default();
            let help = problem.help.as_deref().map(|help| format!(" ({})", prose(help))).unwrap_or_default();
            format!("{at}{}{help}", prose(&problem.message))
        }),
    )?;
    list(
        out,
        "Not audited",
        outcome
            .not_audited
            .iter()
            .map(|part| format!("{} {} in {}: {}", part.what, cell(&part.ocid), cell(&part.region), prose(&part.why))),
    )?;
    list(
        out,
        "Modules not followed",
        outcome
            .modules_not_followed
            .iter()
            .map(|module| format!("{} ({}): {}", cell(&module.address), cell(&module.source), prose(&module.why))),
    )?;
    list(
        out,
        "Exempted",
        outcome.exempted.iter().map(|exempted| {
            let until = exempted.until.map(|day| format!(", until {day}")).unwrap_or_default();
            format!("{}, {}: {}{until}", exempted.finding.rule, cell(&short::addresses(&exempted.finding)), prose(&exempted.reason))
        }),
    )?;
    list(out, "Notices", outcome.notices.iter().map(|notice| prose(&notice.message)))?;
    if context.show_passes {
        list(
            out,
            "Passed",
            outcome.keys.iter().flat_map(|key| {
                key.verdicts.iter().filter_map(|(rule, verdict)| match verdict {
                    Verdict::Pass { message, .. } | Verdict::NotApplicable { message, .. } => {
                        Some(format!("{}, {}: {}", rule.id, cell(&key.facts.id.labeled_address()), prose(message)))
                    }
                    _ => None,
                })
            }),
        )?;
    }
    Ok(())
}

fn verdict_line(outcome: &Outcome) -> String {
    let keys = count(outcome.keys.len(), "key", "keys");
    match (outcome.findings.len(), outcome.problems.len()) {
        (0, 0) => format!("{keys} judged, nothing to report."),
        (findings, 0) => format!("{keys} judged, {}.", count(findings, "finding", "findings")),
        (findings, problems) => format!(
            "{keys} judged, {}, **{}: the job could not be done in full.**",
            count(findings, "finding", "findings"),
            count(problems, "problem", "problems")
        ),
    }
}

fn row(finding: &Finding, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| {} | {} | {} | {} | {} |",
        finding.level.word(),
        finding.rule,
        cell(&short::addresses(finding)),
        cell(&location::short(&finding.place, context.sources)),
        prose(&finding.message)
    )
}

fn list(out: &mut dyn Write, title: &str, items: impl Iterator<Item = String>) -> io::Result<()> {
    for (number, item) in items.take(MOST).enumerate() {
        if number == 0 {
            writeln!(out, "\n### {title}\n")?;
        }
        writeln!(out, "- {item}")?;
    }
    Ok(())
}

/// A name from the repository as code: nothing in it can end the code span, the table cell or the line.
fn cell(text: &str) -> String {
    let text = clean(text).replace('`', "'").replace('|', "\\|");
    format!("`{text}`")
}

/// Our own sentences may hold code in backticks and names from the repository: everything else that Markdown or HTML would read is escaped.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    for c in clean(text).chars() {
        match c {
            '`' => code = !code,
            '|' => out.push('\\'),
            '<' if !code => {
                out.push_str("&lt;");
                continue;
            }
            '&' if !code => {
                out.push_str("&amp;");
                continue;
            }
            '[' | ']' | '*' | '_' | '\\' | '!' | '#' | '@' if !code => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    // An odd backtick would swallow the rest of the table.
    if code { out.replace('`', "'") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_forge_markup() {
        assert_eq!(cell("a`|<b>\n"), "`a'\\|<b>\\n`");
        assert_eq!(prose("see `x[0]|` and <b>[c](d)"), "see `x[0]\\|` and &lt;b>\\[c\\](d)");
        assert_eq!(prose("odd ` <b>"), "odd ' <b>");
    }
}
