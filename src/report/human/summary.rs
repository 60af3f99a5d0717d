//! The end of the report: what was checked, the findings of each rule, what can be fixed, what was not checked, and a hint on baselines.

use super::draw;
use crate::key::NotReadKind;
use crate::policy::Outcome;
use crate::report::context::ReportContext;
use crate::report::lines::config_line;
use crate::report::text::count;
use crate::report::totals::{RuleTotals, sum, totals};
use crate::rules;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The report suggests a baseline from this many violations on: fewer can be fixed right away.
const BASELINE_HINT_FROM: usize = 10;

/// Writes the summary.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = totals(outcome);
    let not_checked = not_checked(outcome);
    let is_silent = outcome.findings.is_empty() && outcome.problems.is_empty();
    if is_silent && not_checked.is_empty() && !outcome.keys.is_empty() {
        writeln!(out, "All good. {}: {}.", checked(outcome, context), counts_without_findings(&all))?;
    } else {
        writeln!(out, "{}", headline(outcome, context))?;
        for rule in &all {
            write_rule(rule, context, out)?;
        }
        write_fixable(outcome, context, out)?;
        if !not_checked.is_empty() {
            write_paragraph(&format!("Not checked: {}.", not_checked.join(", ")), context, out)?;
        }
        if !context.has_baseline && outcome.instances("violation") >= BASELINE_HINT_FROM {
            let hint = "To report only new findings from now on: `--write-baseline FILE`, then `--baseline FILE`.";
            write_paragraph(hint, context, out)?;
        }
    }
    if let Some(config) = &outcome.config { writeln!(out, "{}", config_line(config)) } else { Ok(()) }
}

fn write_paragraph(text: &str, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let columns = draw::text_columns(context.screen).saturating_sub(2);
    for (number, line) in draw::wrap(text, columns).iter().enumerate() {
        writeln!(out, "{}{line}", if number == 0 { "" } else { "  " })?;
    }
    Ok(())
}

/// What was checked.
fn checked(outcome: &Outcome, context: &ReportContext<'_>) -> String {
    let keys = count(outcome.keys.len(), "key", "keys");
    // Live keys are not in files.
    let files = if outcome.files > 0 { format!(" in {}", count(outcome.files, "file", "files")) } else { String::new() };
    let time = context.elapsed.map_or_else(String::new, |elapsed| format!(" in {:.1} ms", elapsed.as_secs_f64() * 1000.0));
    format!("Checked {keys}{files}{time}")
}

/// The line with the result.
fn headline(outcome: &Outcome, context: &ReportContext<'_>) -> String {
    let mut parts = match outcome.instances("violation") {
        0 if outcome.keys.is_empty() => Vec::new(),
        0 => vec!["no violations".to_owned()],
        number => vec![count(number, "violation", "violations")],
    };
    let undetermined = outcome.instances("undetermined");
    if undetermined > 0 {
        parts.push(format!("{undetermined} undetermined"));
    }
    let exempted: usize = outcome.exempted.iter().map(|exempted| exempted.finding.instances.len()).sum();
    if exempted > 0 {
        parts.push(format!("{exempted} exempted"));
    }
    if !outcome.problems.is_empty() {
        parts.push(count(outcome.problems.len(), "problem", "problems"));
    }
    if parts.is_empty() {
        parts.push("nothing to report".to_owned());
    }
    let checked = format!("{}: {}", checked(outcome, context), parts.join(", "));
    match outcome.calls_not_followed().len() {
        // If no key was found, this may be the reason.
        modules if modules > 0 && outcome.keys.is_empty() => {
            format!("{} not followed. {checked}", count(modules, "module was", "modules were"))
        }
        _ => checked,
    }
}

/// The counts of an outcome without a finding.
fn counts_without_findings(all: &[RuleTotals]) -> String {
    let total = |number: fn(&RuleTotals) -> usize| all.iter().map(number).sum::<usize>();
    let ids: Vec<&str> = all.iter().map(|rule| rule.id).collect();
    let (not_applicable, exempted) = (total(|rule| rule.not_applicable), total(|rule| rule.exempted));
    if not_applicable + exempted == 0 && !ids.is_empty() {
        return format!("every key passes {}", ids.join(" and "));
    }
    let numbers = [(total(|rule| rule.passes), "pass"), (not_applicable, "not applicable"), (exempted, "exempted")];
    let numbers: Vec<String> = numbers.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if numbers.is_empty() { "every rule is off".to_owned() } else { numbers.join(", ") }
}

/// Writes a rule's line: its keys by verdict, with the kinds of its findings.
fn write_rule(rule: &RuleTotals, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let violations = (sum(&rule.violations), "violation", "violations", &rule.violations);
    let undetermined = (sum(&rule.undetermined), "undetermined", "undetermined", &rule.undetermined);
    let advice = (sum(&rule.advice), "note", "notes", &rule.advice);
    let mut parts: Vec<String> = Vec::new();
    for (number, one, many, kinds) in [violations, undetermined] {
        if number > 0 {
            parts.push(format!("{} ({})", count(number, one, many), listed(kinds)));
        }
    }
    for (number, word) in [(rule.exempted, "exempted"), (rule.passes, "pass"), (rule.not_applicable, "not applicable")] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let (number, one, many, kinds) = advice;
    if number > 0 {
        parts.push(format!("{} ({})", count(number, one, many), listed(kinds)));
    }
    let name = rules::by_id(rule.id).map_or_else(String::new, |rule| format!(" {}", rule.name));
    let has_findings = sum(&rule.violations) + sum(&rule.undetermined) + sum(&rule.advice) > 0;
    // Without links, the URL of the page is shown.
    let page = rules::documentation_url(rule.id).filter(|_| has_findings && context.screen.link.is_none());
    let text = format!("{}{name}: {}", rule.id, parts.join(", "));
    let columns = draw::text_columns(context.screen).saturating_sub(4);
    for (number, line) in draw::wrap(&text, columns).iter().enumerate() {
        // The escape sequences of a link must not count as columns, so it is inserted after wrapping.
        match line.strip_prefix(rule.id).filter(|_| number == 0) {
            Some(rest) => writeln!(out, "  {}{rest}", draw::linked_id(rule.id, context.screen))?,
            None => writeln!(out, "    {line}")?,
        }
    }
    if let Some(page) = page { writeln!(out, "    {page}") } else { Ok(()) }
}

/// Kinds with their counts; a single kind has no count.
fn listed(kinds: &[(&'static str, usize)]) -> String {
    match kinds {
        [(word, _)] => (*word).to_owned(),
        many => many.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", "),
    }
}

/// Writes how many violations can be fixed, and with which options.
fn write_fixable(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(fixable) = context.fixable else {
        return match outcome.instances("violation") {
            0 => Ok(()),
            _ => writeln!(out, "Fixable: not counted in a report of this size; `--diff --unsafe-fixes` shows the edits."),
        };
    };
    let violations = |number| count(number, "violation", "violations");
    match (fixable.safe, fixable.with_unsafe) {
        (0, 0) => Ok(()),
        (safe, 0) => writeln!(out, "Fixable: {} with `--fix`.", violations(safe)),
        (0, more) => writeln!(out, "Fixable: {} with `--fix --unsafe-fixes`; `--diff` shows the edits.", violations(more)),
        (safe, more) => writeln!(out, "Fixable: {} with `--fix`, {more} more with `--fix --unsafe-fixes`.", violations(safe)),
    }
}

/// What was not checked, with counts.
fn not_checked(outcome: &Outcome) -> Vec<String> {
    let mut parts = Vec::new();
    // Without any key, the headline starts with this.
    if !outcome.modules_not_followed.is_empty() && !outcome.keys.is_empty() {
        parts.push(format!("{} not followed", count(outcome.calls_not_followed().len(), "module", "modules")));
    }
    if !outcome.switched_off.is_empty() {
        parts.push(format!("{} switched off", count(outcome.switched_off.len(), "block", "blocks")));
    }
    let mut not_read: BTreeMap<NotReadKind, usize> = BTreeMap::new();
    outcome.not_read.iter().for_each(|one| *not_read.entry(one.kind).or_default() += 1);
    parts.extend(not_read.into_iter().map(|(kind, number)| {
        let ((one, many), done) = (kind.nouns(), kind.participle());
        format!("{} not {done}", count(number, one, many))
    }));
    if !outcome.not_audited.is_empty() {
        parts.push(format!("{} not audited", count(outcome.not_audited.len(), "part of the tenancy", "parts of the tenancy")));
    }
    parts
}
