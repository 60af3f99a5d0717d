//! Like a compiler's report: the caret under the value, labels along its way, a note on why and a help on what to write. What says the same
//! is one diagnostic with a list; the end adds up.

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

/// How many names are listed in one place, and how many places; the rest is counted.
const NAMES_SHOWN: usize = 8;
const PLACES_SHOWN: usize = 10;
/// How many names each place of a list has; the rest is counted.
const NAMES_AT_A_PLACE: usize = 2;

/// How many findings, problems and notices are shown; the rest is counted. No one reads more, and drawing them takes time.
const MOST_SHOWN: usize = if cfg!(test) { 20 } else { 10_000 };

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    if context.statistics {
        statistics::write(outcome, out)?;
        return if context.quiet { Ok(()) } else { summary::write(outcome, context, out) };
    }
    let texts = SourceTexts::new(context.sources, context.screen);
    let groups = folded(&outcome.findings, context.verbose);
    let mut given = ExplainedTexts { is_verbose: context.verbose, texts: HashSet::new() };
    for group in groups.iter().take(MOST_SHOWN) {
        diagnose(group, &texts, &mut given).draw(out)?;
    }
    let left: usize = groups.iter().skip(MOST_SHOWN).map(|group| group.findings.len()).sum();
    left_out(left, "finding", "findings", out)?;
    if context.show_passes {
        passes(outcome, context, out)?;
    }
    if context.quiet {
        return Ok(());
    }
    ages::write(outcome, context, out)?;
    summary::write(outcome, context, out)
}

/// Writes problems and notices about exemptions the same way; they go to standard error whatever the format.
///
/// # Errors
/// What the writer reports.
pub(crate) fn problems_and_notices(
    problems: &[Problem],
    notices: &[Notice],
    sources: &Sources,
    screen: &Screen<'_>,
    is_verbose: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let texts = SourceTexts::new(sources, screen);
    let groups = alike(problems, |problem| (!is_verbose).then_some((problem.kind, &problem.message, &problem.help)));
    for group in groups.iter().take(MOST_SHOWN) {
        let Some((first, others)) = group.split_first() else { continue };
        let mut parts = DiagnosticParts::new(&texts, Severity::Error, None, clean(&first.message).into_owned());
        if let Some(place) = &first.place {
            parts.primary(place, "");
        }
        parts.secondary(&first.related);
        also_at(&mut parts, others.iter().filter_map(|problem| problem.place.as_ref()), &texts);
        parts.text("help", first.help.as_deref().unwrap_or_default());
        parts.draw(out)?;
    }
    left_out(groups.iter().skip(MOST_SHOWN).map(Vec::len).sum(), "problem", "problems", out)?;
    let groups = alike(notices, |notice| (!is_verbose).then_some((notice.kind, &notice.message)));
    for group in groups.iter().take(MOST_SHOWN) {
        let Some((first, others)) = group.split_first() else { continue };
        let mut parts = DiagnosticParts::new(&texts, Severity::Note, None, clean(&first.message).into_owned());
        if let Some(place) = &first.place {
            parts.primary(place, "");
        }
        also_at(&mut parts, others.iter().filter_map(|notice| notice.place.as_ref()), &texts);
        parts.draw(out)?;
    }
    left_out(groups.iter().skip(MOST_SHOWN).map(Vec::len).sum(), "notice", "notices", out)
}

/// What has the same key together, in the order of the first of each; what has no key stays alone.
fn alike<'t, T, K: Eq + Hash>(all: &'t [T], key: impl Fn(&'t T) -> Option<K>) -> Vec<Vec<&'t T>> {
    let mut groups: Vec<Vec<&T>> = Vec::new();
    let mut known: HashMap<K, usize> = HashMap::new();
    for one in all {
        let at = key(one).map_or(groups.len(), |key| *known.entry(key).or_insert(groups.len()));
        match groups.get_mut(at) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Counts what is not shown.
fn left_out(more: usize, one: &str, many: &str, out: &mut dyn Write) -> io::Result<()> {
    if more == 0 { Ok(()) } else { writeln!(out, "… and {} more; `--format json` lists all of them\n", count(more, one, many)) }
}

/// How many of a list are shown: to cut one or two would save nothing.
fn shown_of(all: usize, most: usize, is_verbose: bool) -> usize {
    if is_verbose || all <= most + 2 { all } else { most }
}

/// The further places of one text.
fn also_at<'p>(parts: &mut DiagnosticParts<'_, '_>, places: impl Iterator<Item = &'p Place>, texts: &SourceTexts<'_>) {
    let places: Vec<_> = places.collect();
    if places.is_empty() {
        return;
    }
    let shown = shown_of(places.len(), PLACES_SHOWN, false);
    let mut lines = vec![format!("and at {}:", count(places.len(), "other place", "other places"))];
    lines.extend(places.iter().take(shown).map(|at| format!("  {}", brief_place(at, texts.sources, texts.screen))));
    if shown < places.len() {
        lines.push(format!("  … and {} more; `--verbose` lists them", places.len() - shown));
    }
    parts.lines(lines);
}

/// Findings that are drawn together as one diagnostic. The first is drawn with its way, the others are listed.
fn diagnose<'t, 'a>(group: &FoldedFindings<'_>, texts: &'t SourceTexts<'a>, given: &mut ExplainedTexts) -> DiagnosticParts<'t, 'a> {
    let Some((first, others)) = group.findings.split_first() else {
        return DiagnosticParts::new(texts, Severity::Note, None, String::new());
    };
    let keys: Vec<&FindingInstance> = group.findings.iter().flat_map(|finding| &finding.instances).collect();
    let subject = match keys.as_slice() {
        [] => String::new(),
        [one] => format!("{}: ", named(one)),
        many => format!("{}: ", count(many.len(), "key", "keys")),
    };
    let message = format!("{subject}{}", clean(&first.message));
    let mut parts = DiagnosticParts::new(texts, severity(first.level), Some(first.rule), message);
    match first.shared.as_ref().filter(|_| group.is_default) {
        Some(shared) => {
            let calls = count(group.findings.len(), "call", "calls");
            parts.primary(&shared.place, &format!("{}, which {calls} leave", shared.label()));
        }
        None => {
            parts.primary(&first.place, &first.label);
            parts.secondary(&first.trail);
        }
    }
    if !others.is_empty() {
        parts.lines(places(group, texts, given.is_verbose));
    } else if keys.len() > 1 {
        parts.text("keys", &cut_list(&keys, NAMES_SHOWN, given.is_verbose));
    }
    for (word, text) in given.first_time([("note", &first.note), ("help", &first.help)]) {
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

/// The places of findings that are drawn together, each with its keys.
fn places(group: &FoldedFindings<'_>, texts: &SourceTexts<'_>, is_verbose: bool) -> Vec<String> {
    let places = group.findings.len();
    let shown = shown_of(places, PLACES_SHOWN, is_verbose);
    let mut lines = vec![format!("at {}:", count(places, "place", "places"))];
    lines.extend(group.findings.iter().take(shown).map(|finding| {
        let at = brief_place(&finding.place, texts.sources, texts.screen);
        let keys: Vec<&FindingInstance> = finding.instances.iter().collect();
        if keys.is_empty() { format!("  {at}") } else { format!("  {at}: {}", cut_list(&keys, NAMES_AT_A_PLACE, is_verbose)) }
    }));
    if shown < places {
        let more: usize = group.findings.iter().skip(shown).map(|finding| finding.instances.len()).sum();
        let places = count(places - shown, "more place", "more places");
        lines.push(format!("  … and {} at {places}; `--verbose` lists them", count(more, "key", "keys")));
    }
    lines
}

/// Names in a row, the rest counted.
fn cut_list(keys: &[&FindingInstance], most: usize, is_verbose: bool) -> String {
    let shown = shown_of(keys.len(), most, is_verbose);
    let names: Vec<_> = keys.iter().take(shown).map(|key| named(key)).collect();
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

/// What the report has explained: a text that is there once need not be read again below forty other findings.
struct ExplainedTexts {
    is_verbose: bool,
    texts: HashSet<Arc<str>>,
}

impl ExplainedTexts {
    /// Those of these texts that are not in the report yet.
    fn first_time<'t>(&mut self, texts: [(&'static str, &'t Arc<str>); 2]) -> Vec<(&'static str, &'t str)> {
        let mut is_new = |text: &Arc<str>| self.texts.insert(Arc::clone(text)) || self.is_verbose;
        texts.into_iter().filter(|(_, text)| is_new(text)).map(|(word, text)| (word, &**text)).collect()
    }
}

/// A key's address; one of the service's has a name that says more than its OCID.
fn named(instance: &FindingInstance) -> String {
    let address = instance.label();
    let address = clean(&address);
    instance.name.as_deref().map_or_else(|| format!("`{address}`"), |name| format!("`{}` ({address})", clean(name)))
}

/// Keys that pass, one a line.
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
    fn what_is_not_shown_is_counted() {
        let problems: Vec<Problem> = (0..MOST_SHOWN + 5).map(|at| Problem::new(ProblemKind::Structure, format!("fault <{at}>"))).collect();
        let mut out = Vec::new();
        let screen = Screen { color: false, columns: None, link: None };
        problems_and_notices(&problems, &[], &Sources::default(), &screen, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(&format!("fault <{}>", MOST_SHOWN - 1)) && !text.contains(&format!("fault <{MOST_SHOWN}>")), "{text}");
        assert!(text.ends_with("… and 5 problems more; `--format json` lists all of them\n\n"), "{text}");
    }
}
