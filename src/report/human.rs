//! Like a compiler's output: a caret under the value, labels at the steps of its trail, a note on why and a help on what to do. Findings
//! with the same text are one diagnostic with a list, and a summary follows.

mod ages;
mod draw;
mod fold;
mod statistics;
mod summary;

use super::context::{ReportContext, Screen};
use super::short;
use super::text::{clean, count};
use crate::base::{Place, Problem, Sources};
use crate::policy::{Notice, Outcome};
use crate::rules::{FindingInstance, Level, Verdict};
use codespan_reporting::diagnostic::Severity;
use draw::{DiagnosticParts, SourceTexts, brief_place, linked_id};
use fold::{FoldedFindings, folded};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::io::{self, Write};
use std::sync::Arc;

/// How many names a finding with one place lists; the rest is counted.
const NAMES_SHOWN: usize = 8;
/// How many places are listed; the rest is counted.
const PLACES_SHOWN: usize = 10;
/// How many names each place of a list has; the rest is counted.
const NAMES_PER_PLACE: usize = 2;

/// How many findings, problems and notices are shown; the rest is counted. No one reads more, and drawing them takes time.
const MAX_SHOWN: usize = if cfg!(test) { 20 } else { 10_000 };

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    if context.statistics {
        statistics::write(outcome, out)?;
        return if context.quiet { Ok(()) } else { summary::write(outcome, context, out) };
    }
    let texts = SourceTexts::new(context.sources, context.screen);
    let groups = folded(&outcome.findings, context.verbose);
    let mut explained = ExplainedTexts { is_verbose: context.verbose, texts: HashSet::new() };
    for group in groups.iter().take(MAX_SHOWN) {
        diagnostic(group, &texts, &mut explained).draw(out)?;
    }
    let rest: usize = groups.iter().skip(MAX_SHOWN).map(|group| group.findings.len()).sum();
    write_omitted(rest, "finding", "findings", out)?;
    if context.show_passes {
        passes(outcome, context, out)?;
    }
    if context.quiet {
        return Ok(());
    }
    ages::write(outcome, context, out)?;
    summary::write(outcome, context, out)
}

/// Writes problems and notices about exemptions in the same style; they go to standard error with every format.
///
/// # Errors
/// The error of the writer.
pub(crate) fn write_problems_and_notices(
    problems: &[Problem],
    notices: &[Notice],
    sources: &Sources,
    screen: &Screen<'_>,
    is_verbose: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let texts = SourceTexts::new(sources, screen);
    let groups = grouped_by(problems, |problem| (!is_verbose).then_some((problem.kind, &problem.message, &problem.help)));
    for group in groups.iter().take(MAX_SHOWN) {
        let Some((first, others)) = group.split_first() else { continue };
        let mut parts = DiagnosticParts::new(&texts, Severity::Error, None, clean(&first.message).into_owned());
        if let Some(place) = &first.place {
            parts.primary(place, "");
        }
        parts.secondary(&first.related);
        add_other_places(&mut parts, others.iter().filter_map(|problem| problem.place.as_ref()), &texts);
        parts.text("help", first.help.as_deref().unwrap_or_default());
        parts.draw(out)?;
    }
    write_omitted(groups.iter().skip(MAX_SHOWN).map(Vec::len).sum(), "problem", "problems", out)?;
    let groups = grouped_by(notices, |notice| (!is_verbose).then_some((notice.kind, &notice.message)));
    for group in groups.iter().take(MAX_SHOWN) {
        let Some((first, others)) = group.split_first() else { continue };
        let mut parts = DiagnosticParts::new(&texts, Severity::Note, None, clean(&first.message).into_owned());
        if let Some(place) = &first.place {
            parts.primary(place, "");
        }
        add_other_places(&mut parts, others.iter().filter_map(|notice| notice.place.as_ref()), &texts);
        parts.draw(out)?;
    }
    write_omitted(groups.iter().skip(MAX_SHOWN).map(Vec::len).sum(), "notice", "notices", out)
}

/// Groups elements with the same key, in the order of their first elements. Elements without a key stay alone.
fn grouped_by<'t, T, K: Eq + Hash>(all: &'t [T], key: impl Fn(&'t T) -> Option<K>) -> Vec<Vec<&'t T>> {
    let mut groups: Vec<Vec<&T>> = Vec::new();
    let mut known: HashMap<K, usize> = HashMap::new();
    for element in all {
        let at = key(element).map_or(groups.len(), |key| *known.entry(key).or_insert(groups.len()));
        match groups.get_mut(at) {
            Some(group) => group.push(element),
            None => groups.push(vec![element]),
        }
    }
    groups
}

/// Writes how many entries are not shown.
fn write_omitted(more: usize, one: &str, many: &str, out: &mut dyn Write) -> io::Result<()> {
    if more == 0 { Ok(()) } else { writeln!(out, "… and {} more; `--format json` lists all of them\n", count(more, one, many)) }
}

/// How many entries of a list are shown. A list is not truncated for one or two entries.
fn shown_count(all: usize, most: usize, is_verbose: bool) -> usize {
    if is_verbose || all <= most + 2 { all } else { most }
}

/// Adds the other places of the same text.
fn add_other_places<'p>(parts: &mut DiagnosticParts<'_, '_>, places: impl Iterator<Item = &'p Place>, texts: &SourceTexts<'_>) {
    let places: Vec<_> = places.collect();
    if places.is_empty() {
        return;
    }
    let shown = shown_count(places.len(), PLACES_SHOWN, false);
    let mut lines = vec![format!("and at {}:", count(places.len(), "other place", "other places"))];
    lines.extend(places.iter().take(shown).map(|at| format!("  {}", brief_place(at, texts.sources, texts.screen))));
    if shown < places.len() {
        lines.push(format!("  … and {} more; `--verbose` lists them", places.len() - shown));
    }
    parts.lines(lines);
}

/// The diagnostic of a group of findings. The first is drawn with its trail, the others are listed.
fn diagnostic<'t, 'a>(group: &FoldedFindings<'_>, texts: &'t SourceTexts<'a>, explained: &mut ExplainedTexts) -> DiagnosticParts<'t, 'a> {
    let Some((first, others)) = group.findings.split_first() else {
        return DiagnosticParts::new(texts, Severity::Note, None, String::new());
    };
    let keys: Vec<&FindingInstance> = group.findings.iter().flat_map(|finding| &finding.instances).collect();
    let subject = match keys.as_slice() {
        [] => String::new(),
        [one] => format!("{}: ", quoted_label(one)),
        many => format!("{}: ", count(many.len(), "key", "keys")),
    };
    let message = format!("{subject}{}", clean(&first.message));
    let mut parts = DiagnosticParts::new(texts, severity(first.level), Some(first.rule), message);
    match first.shared.as_ref().filter(|_| group.is_default) {
        Some(shared) => {
            let calls = count(group.findings.len(), "call", "calls");
            parts.primary(&shared.place, &format!("{}, used by {calls}", shared.label()));
        }
        None => {
            parts.primary(&first.place, &first.label);
            parts.secondary(&first.trail);
        }
    }
    if !others.is_empty() {
        parts.lines(places(group, texts, explained.is_verbose));
    } else if keys.len() > 1 {
        parts.text("keys", &listed(&keys, NAMES_SHOWN, explained.is_verbose));
    }
    for (word, text) in explained.new_texts([("note", &first.note), ("help", &first.help)]) {
        parts.text(word, text);
    }
    if others.is_empty() {
        for (keys, texts) in short::variant_parts(first) {
            for (word, text) in texts {
                parts.text(word, &format!("For `{keys}`: {text}"));
            }
        }
    }
    parts
}

/// The places of a group of findings, each with its keys.
fn places(group: &FoldedFindings<'_>, texts: &SourceTexts<'_>, is_verbose: bool) -> Vec<String> {
    let places = group.findings.len();
    let shown = shown_count(places, PLACES_SHOWN, is_verbose);
    let mut lines = vec![format!("at {}:", count(places, "place", "places"))];
    lines.extend(group.findings.iter().take(shown).map(|finding| {
        let at = brief_place(&finding.place, texts.sources, texts.screen);
        let keys: Vec<&FindingInstance> = finding.instances.iter().collect();
        if keys.is_empty() { format!("  {at}") } else { format!("  {at}: {}", listed(&keys, NAMES_PER_PLACE, is_verbose)) }
    }));
    if shown < places {
        let more: usize = group.findings.iter().skip(shown).map(|finding| finding.instances.len()).sum();
        let places = count(places - shown, "more place", "more places");
        lines.push(format!("  … and {} at {places}; `--verbose` lists them", count(more, "key", "keys")));
    }
    lines
}

/// Names separated by commas; the rest is counted.
fn listed(keys: &[&FindingInstance], most: usize, is_verbose: bool) -> String {
    let shown = shown_count(keys.len(), most, is_verbose);
    let names: Vec<_> = keys.iter().take(shown).map(|key| quoted_label(key)).collect();
    let more = if shown < keys.len() { format!(" and {} more", keys.len() - shown) } else { String::new() };
    format!("{}{more}", names.join(", "))
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Note | Level::Off => Severity::Note,
    }
}

/// The notes and helps that the report has shown already: without `--verbose` each is shown once.
struct ExplainedTexts {
    is_verbose: bool,
    texts: HashSet<Arc<str>>,
}

impl ExplainedTexts {
    /// The texts to show.
    fn new_texts<'t>(&mut self, texts: [(&'static str, &'t Arc<str>); 2]) -> Vec<(&'static str, &'t str)> {
        let mut is_new = |text: &Arc<str>| self.texts.insert(Arc::clone(text)) || self.is_verbose;
        texts.into_iter().filter(|(_, text)| is_new(text)).map(|(word, text)| (word, &**text)).collect()
    }
}

/// A key's address in backticks. For a live key, the display name is more useful than the OCID.
fn quoted_label(instance: &FindingInstance) -> String {
    let address = instance.label();
    let address = clean(&address);
    instance.name.as_deref().map_or_else(|| format!("`{address}`"), |name| format!("`{}` ({address})", clean(name)))
}

/// Writes the keys that pass, one per line.
fn passes(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    for key in &outcome.keys {
        for (rule, verdict) in &key.verdicts {
            if let Verdict::Pass { message, .. } | Verdict::NotApplicable { message, .. } = verdict {
                let id = linked_id(rule.id, context.screen);
                writeln!(out, "{}[{id}]: `{}`: {}", verdict.word(), clean(&key.label()), clean(message))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ProblemKind;

    #[test]
    fn problems_beyond_the_limit_are_counted() {
        let problems: Vec<Problem> = (0..MAX_SHOWN + 5).map(|at| Problem::new(ProblemKind::Structure, format!("fault <{at}>"))).collect();
        let mut out = Vec::new();
        let screen = Screen { color: false, columns: None, link: None };
        write_problems_and_notices(&problems, &[], &Sources::default(), &screen, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(&format!("fault <{}>", MAX_SHOWN - 1)) && !text.contains(&format!("fault <{MAX_SHOWN}>")), "{text}");
        assert!(text.ends_with("… and 5 problems more; `--format json` lists all of them\n\n"), "{text}");
    }
}
