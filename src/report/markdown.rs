//! Markdown for step summaries, merge requests and tickets. GitHub accepts at most 1 MiB for the summary of a step.

use super::context::ReportContext;
use super::status::Status;
use super::text::{clean, count};
use super::totals::totals;
use super::vaults::{hsm_vaults, sum, versions};
use super::{location, short, todo};
use crate::base::Place;
use crate::policy::Outcome;
use crate::report::lines::config_line;
use crate::rules::{self, Finding, Verdict};
use std::borrow::Cow;
use std::io::{self, Write};

/// The most entries of a list; the rest is counted. This keeps most reports far below 1 MiB.
const MAX_LISTED: usize = 500;

/// The most bytes of a report: 1 MiB, minus room for other output of the step.
const MAX_BYTES: usize = (1 << 20) - (64 << 10) - 512;

/// Lists with at least this many items are folded.
const FOLD_FROM: usize = 10;

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut limited = LimitedWriter { out, left: MAX_BYTES, cut: 0, is_folded: false };
    sections(outcome, context, &mut limited)?;
    let (cut, is_folded) = (limited.cut, limited.is_folded);
    if is_folded {
        writeln!(out, "\n</details>")?;
    }
    if cut > 0 {
        writeln!(
            out,
            "\n**{} omitted here: GitHub accepts at most 1 MiB for a step. The JSON report has everything.**",
            count(cut, "line was", "lines were")
        )?;
    }
    Ok(())
}

/// Writes complete lines as long as there is room.
struct LimitedWriter<'w> {
    out: &'w mut dyn Write,
    left: usize,
    cut: usize,
    /// Whether a folded part is open.
    is_folded: bool,
}

impl LimitedWriter<'_> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        // Breaking commands may make a line slightly longer.
        match self.left.checked_sub(line.len() + line.len() / 8 + 1) {
            Some(left) if self.cut == 0 => {
                self.left = left;
                writeln!(self.out, "{line}")
            }
            _ => {
                self.cut += 1;
                Ok(())
            }
        }
    }

    /// Starts a folded part.
    fn fold(&mut self, summary: &str) -> io::Result<()> {
        self.line(&format!("<details><summary>{summary}</summary>\n"))?;
        self.is_folded = self.cut == 0;
        Ok(())
    }

    fn unfold(&mut self) -> io::Result<()> {
        self.line("\n</details>\n")?;
        self.is_folded &= self.cut > 0;
        Ok(())
    }
}

fn sections(outcome: &Outcome, context: &ReportContext<'_>, out: &mut LimitedWriter<'_>) -> io::Result<()> {
    out.line(&format!("## kmslint\n\n{}\n", verdict_line(outcome)))?;
    if let Some(config) = &outcome.config {
        out.line(&format!("{}\n", prose(&config_line(config))))?;
    }
    by_rule(outcome, out)?;
    if !outcome.findings.is_empty() {
        out.line("| Level | Rule | Key | Place | What |\n| --- | --- | --- | --- | --- |")?;
        for finding in outcome.findings.iter().take(MAX_LISTED) {
            row(finding, context, out)?;
        }
        if outcome.findings.len() > MAX_LISTED {
            out.line(&format!("\n… and {} more; the JSON report has all of them.", outcome.findings.len() - MAX_LISTED))?;
        }
    }
    // What was not checked comes before the advice, because the report may be truncated.
    list(
        out,
        "Could not be checked",
        outcome.problems.iter().map(|problem| {
            let at = problem.place.as_ref().map(|place| format!("{}: ", place_cell(place, context))).unwrap_or_default();
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
    how_to_fix(&outcome.findings, context, out)?;
    by_vault(outcome, out)?;
    list(
        out,
        "Modules not followed",
        outcome.calls_not_followed().into_iter().map(|one| {
            let module = one.call;
            format!("{} ({}): {}{}", cell(&module.address), cell(&module.source), prose(&module.why), one.roots())
        }),
    )?;
    list(
        out,
        "Blocks that create no key with these inputs",
        outcome
            .switched_off
            .iter()
            .map(|block| format!("{} ({}): {}", cell(&block.address), place_cell(&block.place, context), prose(&block.why))),
    )?;
    list(out, "Not read", outcome.not_read.iter().map(|one| format!("{}: {}", cell(&one.path), prose(&one.why))))?;
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
        let passes: Vec<_> = outcome
            .keys
            .iter()
            .flat_map(|key| {
                key.verdicts.iter().filter_map(move |(rule, verdict)| match verdict {
                    Verdict::Pass { message, .. } | Verdict::NotApplicable { message, .. } => Some((key, rule, message)),
                    _ => None,
                })
            })
            .collect();
        list(
            out,
            "Passed",
            passes.into_iter().map(|(key, rule, message)| format!("{}, {}: {}", rule.id, cell(&key.label()), prose(message))),
        )?;
    }
    Ok(())
}

fn by_rule(outcome: &Outcome, out: &mut LimitedWriter<'_>) -> io::Result<()> {
    let all = totals(outcome);
    if all.is_empty() {
        return Ok(());
    }
    let titles = Status::COUNTED.map(Status::title);
    out.line(&format!("| Rule | {} |\n| --- |{}", titles.join(" | "), " ---: |".repeat(titles.len())))?;
    for rule in all {
        let numbers = Status::COUNTED.map(|status| status.count_in(&rule).to_string());
        out.line(&format!("| {} | {} |", rule_link(rule.id), numbers.join(" | ")))?;
    }
    out.line("")
}

/// The vaults of a tenancy with HSM key versions, and how many of them SOFTWARE keys would save.
fn by_vault(outcome: &Outcome, out: &mut LimitedWriter<'_>) -> io::Result<()> {
    let vaults = hsm_vaults(outcome);
    if vaults.is_empty() {
        return Ok(());
    }
    let total = sum(&vaults);
    out.line(&format!(
        "\n### HSM key versions\n\n{} in {}; SOFTWARE keys in place of those reported would save {}.\n",
        versions(total.total),
        count(vaults.len(), "vault", "vaults"),
        total.saving
    ))?;
    out.line("| Vault | Region | HSM key versions | SOFTWARE keys would save |\n| --- | --- | ---: | --- |")?;
    for vault in vaults.iter().take(MAX_LISTED) {
        out.line(&format!("| {} | {} | {} | {} |", cell(vault.vault), cell(vault.region), vault.total, vault.saving()))?;
    }
    if vaults.len() > MAX_LISTED {
        out.line(&format!("\n… and {} more; the JSON report has all of them.", count(vaults.len() - MAX_LISTED, "vault", "vaults")))?;
    }
    Ok(())
}

/// A rule's id, as a link to its page.
fn rule_link(id: &str) -> String {
    rules::documentation_url(id).map_or_else(|| id.to_owned(), |url| format!("[{id}]({url})"))
}

/// The advice, each text once with the keys that it applies to.
fn how_to_fix(findings: &[Finding], context: &ReportContext<'_>, out: &mut LimitedWriter<'_>) -> io::Result<()> {
    let mut groups = todo::group_by_advice(findings);
    groups.retain(|group| !group.help.is_empty());
    if groups.is_empty() {
        return Ok(());
    }
    out.line("\n### How to fix\n")?;
    for group in groups.iter().take(MAX_LISTED) {
        let keys = group.keys.iter().map(|key| {
            let name = key.name().map_or_else(String::new, |name| format!("{}, ", cell(&name)));
            format!("{name}{}", place_cell(key.place, context))
        });
        out.line(&format!("**{}**: {}\n", group.rule, prose(&group.help)))?;
        items(out, &count(group.keys.len(), "place", "places"), keys)?;
        out.line("")?;
    }
    if groups.len() > MAX_LISTED {
        out.line(&format!("… and {}; the JSON report has all of them.\n", count(groups.len() - MAX_LISTED, "text more", "texts more")))?;
    }
    Ok(())
}

/// The result in one line. A finding is one place to edit and may have several keys, so both are counted.
fn verdict_line(outcome: &Outcome) -> String {
    let keys = count(outcome.keys.len(), "key", "keys");
    let findings = format!(
        "{} ({}, {} undetermined)",
        count(outcome.findings.len(), "finding", "findings"),
        count(outcome.instances("violation"), "violation", "violations"),
        outcome.instances("undetermined")
    );
    match (outcome.findings.len(), outcome.problems.len()) {
        (0, 0) => format!("{keys} checked, nothing to report."),
        (_, 0) => format!("{keys} checked, {findings}."),
        (_, problems) => {
            format!("{keys} checked, {findings}, **{}: something could not be checked.**", count(problems, "problem", "problems"))
        }
    }
}

fn row(finding: &Finding, context: &ReportContext<'_>, out: &mut LimitedWriter<'_>) -> io::Result<()> {
    out.line(&format!(
        "| {} | {} | {} | {} | {} |",
        finding.level.word(),
        finding.rule,
        cell(&short::addresses(finding)),
        place_cell(&finding.place, context),
        prose(&finding.message)
    ))
}

/// Writes a list with a title, unless it is empty. A long list is folded.
fn list(out: &mut LimitedWriter<'_>, title: &str, all: impl ExactSizeIterator<Item = String>) -> io::Result<()> {
    if all.len() == 0 {
        return Ok(());
    }
    out.line(&format!("\n### {title}\n"))?;
    let summary = all.len().to_string();
    items(out, &summary, all)
}

/// Writes the items of a list, folded if it is long, and counts those that are too many.
fn items(out: &mut LimitedWriter<'_>, summary: &str, all: impl ExactSizeIterator<Item = String>) -> io::Result<()> {
    let number = all.len();
    if number >= FOLD_FROM {
        out.fold(summary)?;
    }
    for item in all.take(MAX_LISTED) {
        out.line(&format!("- {item}"))?;
    }
    if number > MAX_LISTED {
        out.line(&format!("- … and {} more; the JSON report has all of them", number - MAX_LISTED))?;
    }
    if number >= FOLD_FROM { out.unfold() } else { Ok(()) }
}

/// A place, as a link to its line on the CI service if possible.
fn place_cell(place: &Place, context: &ReportContext<'_>) -> String {
    let text = cell(&location::short(place, context.sources));
    location::url(place, context).map_or_else(|| text.clone(), |url| format!("[{text}]({url})"))
}

/// A name from the repository as code, which cannot end the code span, the table cell or the line.
fn cell(text: &str) -> String {
    code(&clean(text).replace('`', "'"))
}

/// A code span around a text without backticks.
fn code(text: &str) -> String {
    // GitHub splits a table row into cells before it parses code: a bare `|` ends the cell even within backticks.
    if text.trim().is_empty() { "''".to_owned() } else { format!("`{}`", text.replace('|', "\\|")) }
}

/// A sentence as Markdown: code spans stay code, and everything else that Markdown, HTML or GitHub would interpret is escaped.
fn prose(text: &str) -> String {
    let text = clean(text);
    let pieces: Vec<&str> = text.split('`').collect();
    // With an odd number of backticks, some of them belong to a name.
    if pieces.len().is_multiple_of(2) {
        return plain(&text.replace('`', "'"));
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, piece) in pieces.into_iter().enumerate() {
        let piece = if at % 2 == 1 { code(piece) } else { plain(piece) };
        // Two adjacent spans would be one span with another fence.
        if out.ends_with('`') && piece.starts_with('`') {
            out.push(' ');
        }
        out.push_str(&piece);
    }
    out
}

/// A message for formats whose readers may render Markdown, such as reviewdog and GitLab. Only links, mentions and HTML are changed.
pub(super) fn message(text: &str) -> String {
    let text = clean(text);
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return without_links(&text.replace('`', "'")).into_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, piece) in pieces.into_iter().enumerate() {
        match at % 2 {
            0 => out.push_str(&without_links(piece)),
            _ if piece.trim().is_empty() => out.push_str("''"),
            _ => out.extend(["`", piece, "`"]),
        }
    }
    out
}

/// Text with its links, mentions and tags as code.
fn without_links(text: &str) -> Cow<'_, str> {
    let is_markup = |text: &str| is_link(text) || text.contains("](") || text.contains('<');
    // A fast path for nearly all texts: a report may have hundreds of megabytes of them.
    if !is_markup(text) {
        return Cow::Borrowed(text);
    }
    let words = text.split(' ').map(|word| if is_markup(word) { Cow::Owned(format!("`{word}`")) } else { Cow::Borrowed(word) });
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

/// Whether GitHub and GitLab make a link or a mention of a word.
fn is_link(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_host = |dot: usize| dot.checked_sub(3).and_then(|from| bytes.get(from..dot)).is_some_and(|www| www.eq_ignore_ascii_case(b"www"));
    word.contains("://") || memchr::memchr(b'@', bytes).is_some() || memchr::memchr_iter(b'.', bytes).any(is_host)
}

/// Text with its markup escaped, and links and mentions as code.
fn plain(text: &str) -> String {
    let words = text.split(' ').map(|word| if is_link(word) { code(word) } else { escaped(word) });
    words.collect::<Vec<_>>().join(" ")
}

fn escaped(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 8);
    for (at, c) in word.char_indices() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '[' | ']' | '*' | '_' | '\\' | '!' | '#' | '~' | '$' => out.extend(['\\', c]),
            // At the start of a line they would start a list or a heading.
            '-' | '+' | '=' if at == 0 && word.len() == 1 => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_and_markup_is_escaped() {
        assert_eq!(cell("a`|<b>\n"), "`a'\\|<b>\\n`");
        assert_eq!(prose("see `x[0]|` and <b>[c](d)"), "see `x[0]\\|` and &lt;b&gt;\\[c\\](d)");
        assert_eq!(prose("odd ` <b>"), "odd ' &lt;b&gt;");
        assert_eq!(prose("`a` <img src=x> `b`"), "`a` &lt;img src=x&gt; `b`");
        assert_eq!(message("see `x[0]|` and <b>[c](d) of VIRTUAL_PRIVATE [1]"), "see `x[0]|` and `<b>[c](d)` of VIRTUAL_PRIVATE [1]");
        assert_eq!(message("oci_kms_key.k[\"[x](https://e.vil)\"]: odd `"), "`oci_kms_key.k[\"[x](https://e.vil)\"]:` odd '");
        assert_eq!(message("WwW.e.vil www"), "`WwW.e.vil` www");
        assert_eq!(message("``<b>https://e.vil`` @admin"), "''`<b>https://e.vil`'' `@admin`");
        assert_eq!(prose("``a```b` see https://evil.example/x @admin"), "''a''`b` see `https://evil.example/x` `@admin`");
    }
}
