//! Like a compiler's report: the caret under the value, labels along its way, a note on why and a help on what to write.

use super::text::{clean, count, same_length};
use super::{Context, short};
use crate::base::secrecy::NOT_SHOWN;
use crate::base::{Place, Problem, SourceId, Sources, Span, Step};
use crate::policy::{Notice, Outcome};
use crate::rules::{Finding, FindingInstance, Level, Verdict};
use codespan_reporting::diagnostic::{Diagnostic, Label, Severity};
use codespan_reporting::files::{self, Files};
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{self, Config};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// How long lines of notes and helps get, in characters.
const WIDTH: usize = 96;
/// How many instances of one finding are listed; the rest is counted.
const INSTANCES_SHOWN: usize = 8;

/// How many findings, problems and notices are shown; the rest is counted. Nobody reads more, and drawing them takes time.
const MOST_SHOWN: usize = if cfg!(test) { 20 } else { 10_000 };

/// The longest line that is drawn, in bytes.
const WIDEST: usize = 2000;

/// Writes the report.
pub fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources);
    let drawn = folded(&outcome.findings);
    let mut said = Said { is_every_time: context.verbose, texts: HashSet::new() };
    for group in drawn.iter().take(MOST_SHOWN) {
        emit(&diagnose_all(group, &mut said), &texts, context.color, out)?;
    }
    left_out(drawn.len(), "finding", "findings", out)?;
    if context.show_passes {
        passes(outcome, out)?;
    }
    if context.quiet {
        return Ok(());
    }
    writeln!(out, "{}", summary(outcome, context))?;
    if let Some(config) = &outcome.config { writeln!(out, "{}", super::config_line(config)) } else { Ok(()) }
}

/// Writes problems and notices about exemptions the same way; they go to standard error whatever the format.
///
/// # Errors
/// What the writer says.
pub fn problems_and_notices(
    problems: &[Problem],
    notices: &[Notice],
    sources: &Sources,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let texts = Texts::new(sources);
    for problem in problems.iter().take(MOST_SHOWN) {
        let mut parts = Parts::new(Severity::Error, None, clean(&problem.message).into_owned());
        if let Some(place) = &problem.place {
            parts.primary(place, "");
        }
        parts.secondary(&problem.related);
        parts.notes(problem.help.as_deref().map(|help| ("help", help)));
        emit(&parts.finish(), &texts, color, out)?;
    }
    left_out(problems.len(), "problem", "problems", out)?;
    for notice in notices.iter().take(MOST_SHOWN) {
        let mut parts = Parts::new(Severity::Note, None, clean(&notice.message).into_owned());
        if let Some(place) = &notice.place {
            parts.primary(place, "");
        }
        emit(&parts.finish(), &texts, color, out)?;
    }
    left_out(notices.len(), "notice", "notices", out)
}

/// Says how many are not shown.
fn left_out(all: usize, one: &str, many: &str, out: &mut dyn Write) -> io::Result<()> {
    match all.checked_sub(MOST_SHOWN) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "… and {} more; `--format json` lists all of them\n", count(more, one, many)),
    }
}

/// A diagnostic under construction: places with a text become labels, others become lines below.
struct Parts {
    diagnostic: Diagnostic<SourceId>,
}

impl Parts {
    fn new(severity: Severity, code: Option<&str>, message: String) -> Self {
        let mut diagnostic = Diagnostic::new(severity).with_message(message);
        diagnostic.code = code.map(ToOwned::to_owned);
        Self { diagnostic }
    }

    fn primary(&mut self, place: &Place, label: &str) {
        match place {
            Place::Source(span) => {
                let label_text = same_length(label).into_owned();
                self.diagnostic.labels.push(Label::primary(span.source, span.range()).with_message(label_text));
            }
            other => self.diagnostic.notes.push(format!("at {}", outside(other))),
        }
    }

    fn secondary(&mut self, steps: &[Step]) {
        for step in steps {
            match &step.place {
                // Two labels under one range would be drawn twice.
                Place::Source(span)
                    if !self.diagnostic.labels.iter().any(|label| label.file_id == span.source && label.range == span.range()) =>
                {
                    let label_text = same_length(&step.label()).into_owned();
                    self.diagnostic.labels.push(Label::secondary(span.source, span.range()).with_message(label_text));
                }
                Place::Source(_) => {}
                other => self.diagnostic.notes.push(format!("{}: {}", clean(&step.label()), outside(other))),
            }
        }
    }

    fn notes<'t>(&mut self, notes: impl IntoIterator<Item = (&'t str, &'t str)>) {
        for (word, text) in notes {
            if !text.is_empty() {
                self.diagnostic.notes.push(format!("{word}: {}", wrap(text)));
            }
        }
    }

    fn finish(self) -> Diagnostic<SourceId> {
        self.diagnostic
    }
}

/// How many calls that leave one default are reported one by one; more are one report at the default.
const MOST_CALLS_APART: usize = 3;

/// The findings, those together that one edit of a shared default would settle, in the order in which the first of each comes.
fn folded(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let alike =
        |finding: &'_ Finding| finding.shared.as_ref().map(|shared| (shared.place.clone(), finding.rule, finding.verdict, finding.kind));
    let mut counts = HashMap::new();
    findings.iter().filter_map(alike).for_each(|one| *counts.entry(one).or_insert(0_usize) += 1);
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known = HashMap::new();
    for finding in findings {
        let shared = alike(finding).filter(|one| counts.get(one).is_some_and(|count| *count > MOST_CALLS_APART));
        match shared.as_ref().and_then(|one| known.get(one)).and_then(|at: &usize| groups.get_mut(*at)) {
            Some(group) => group.push(finding),
            None => {
                known.extend(shared.map(|one| (one, groups.len())));
                groups.push(vec![finding]);
            }
        }
    }
    groups
}

/// Findings that are folded as one diagnostic: the default that the calls leave comes first.
fn diagnose_all(group: &[&Finding], said: &mut Said) -> Diagnostic<SourceId> {
    let (first, shared) = match group {
        [one] => return diagnose(one, said),
        [first, ..] => (first, first.shared.as_ref()),
        [] => return Diagnostic::note(),
    };
    let keys: Vec<&FindingInstance> = group.iter().flat_map(|finding| &finding.instances).collect();
    let message = format!("{}: {}", count(keys.len(), "key", "keys"), clean(&first.message));
    let mut parts = Parts::new(severity(first.level), Some(first.rule), message);
    if let Some(shared) = shared {
        parts.primary(&shared.place, &format!("{}, which {} leave", shared.label(), count(group.len(), "call", "calls")));
    }
    let calls = group.iter().take(INSTANCES_SHOWN).map(|finding| Step::new(finding.place.clone(), Arc::clone(&finding.label)));
    parts.secondary(&calls.collect::<Vec<_>>());
    let shown: Vec<_> = keys.iter().take(INSTANCES_SHOWN).map(|key| named(key)).collect();
    let more = keys.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    parts.notes([("keys", format!("{}{more}", shown.join(", ")).as_str())]);
    parts.notes(said.first_time([("note", &first.note), ("help", &first.help)]));
    parts.finish()
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Note | Level::Off => Severity::Note,
    }
}

/// What the report has explained: a text that is there once need not be read again below forty other findings.
struct Said {
    is_every_time: bool,
    texts: HashSet<Arc<str>>,
}

impl Said {
    /// Those of these texts that are not in the report yet.
    fn first_time<'t>(&mut self, texts: [(&'static str, &'t Arc<str>); 2]) -> Vec<(&'static str, &'t str)> {
        let mut is_new = |text: &Arc<str>| self.texts.insert(Arc::clone(text)) || self.is_every_time;
        texts.into_iter().filter(|(_, text)| is_new(text)).map(|(word, text)| (word, &**text)).collect()
    }
}

/// A finding as a diagnostic.
fn diagnose(finding: &Finding, said: &mut Said) -> Diagnostic<SourceId> {
    let who = match finding.instances.as_slice() {
        [] => String::new(),
        [one] => format!("{}: ", named(one)),
        many => format!("{}: ", count(many.len(), "key", "keys")),
    };
    let mut parts = Parts::new(severity(finding.level), Some(finding.rule), format!("{who}{}", clean(&finding.message)));
    parts.primary(&finding.place, &finding.label);
    parts.secondary(&finding.trail);
    if finding.instances.len() > 1 {
        let shown: Vec<_> = finding.instances.iter().take(INSTANCES_SHOWN).map(named).collect();
        let more = finding.instances.len() - shown.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        parts.notes([("keys", format!("{}{more}", shown.join(", ")).as_str())]);
    }
    parts.notes(said.first_time([("note", &finding.note), ("help", &finding.help)]));
    for (keys, texts) in short::variant_parts(finding) {
        for (word, text) in texts {
            parts.notes([(word, format!("For `{keys}`: {text}").as_str())]);
        }
    }
    parts.finish()
}

/// A key's address; one of the service's has a name that says more than its OCID.
fn named(instance: &FindingInstance) -> String {
    let address = instance.label();
    let address = clean(&address);
    instance.name.as_deref().map_or_else(|| format!("`{address}`"), |name| format!("`{}` ({address})", clean(name)))
}

/// A place that is not in a text at hand.
fn outside(place: &Place) -> String {
    match place {
        Place::Json { file, pointer, line } => {
            let at = line.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            let within = if pointer.is_empty() { String::new() } else { format!(" ({})", clean(pointer)) };
            format!("{}{at}{within}", clean(file))
        }
        Place::File(file) => clean(file).into_owned(),
        Place::Cloud { ocid, region } => format!("{} in {}", clean(ocid), clean(region)),
        Place::Source(_) => String::new(),
    }
}

/// Breaks a text into lines of a readable width, each made harmless; codespan hangs them under the first.
fn wrap(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut width = 0;
        for word in line.split(' ') {
            let word = clean(word);
            let letters = word.chars().count();
            if width > 0 && width + 1 + letters > WIDTH {
                out.push('\n');
                width = 0;
            } else if !out.is_empty() && !out.ends_with('\n') {
                out.push(' ');
                width += 1;
            }
            out.push_str(&word);
            width += letters;
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// Keys that pass, one a line.
fn passes(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    for key in &outcome.keys {
        for (rule, verdict) in &key.verdicts {
            if let Verdict::Pass { message, .. } | Verdict::NotApplicable { message, .. } = verdict {
                writeln!(out, "{}[{}]: `{}`: {}", verdict.word(), rule.id, clean(&key.label()), clean(message))?;
            }
        }
    }
    Ok(())
}

/// The closing line.
fn summary(outcome: &Outcome, context: &Context<'_>) -> String {
    let mut parts = vec![
        format!("{} judged", count(outcome.keys.len(), "key", "keys")),
        count(outcome.instances("violation"), "violation", "violations"),
        format!("{} undetermined", outcome.instances("undetermined")),
        format!("{} exempted", outcome.exempted.iter().map(|exempted| exempted.finding.instances.len()).sum::<usize>()),
    ];
    if !outcome.problems.is_empty() {
        parts.push(count(outcome.problems.len(), "problem", "problems"));
    }
    if !outcome.modules_not_followed.is_empty() {
        let missing = format!("{} not followed", count(outcome.modules_not_followed.len(), "module", "modules"));
        // Where no key was found, that may be why.
        parts.insert(if outcome.keys.is_empty() { 0 } else { parts.len() }, missing);
    }
    if !outcome.switched_off.is_empty() {
        parts.push(format!("{} switched off", count(outcome.switched_off.len(), "block", "blocks")));
    }
    if !outcome.not_read.is_empty() {
        parts.push(format!("{} not read", count(outcome.not_read.len(), "file", "files")));
    }
    if !outcome.not_audited.is_empty() {
        parts.push(format!("{} not audited", outcome.not_audited.len()));
    }
    // The service's keys are in no file.
    let files = (outcome.files > 0).then(|| count(outcome.files, "file", "files"));
    let time = context.elapsed.map(|elapsed| format!("{:.1} ms", elapsed.as_secs_f64() * 1000.0));
    let aside: Vec<String> = files.into_iter().chain(time).collect();
    if aside.is_empty() { parts.join(", ") } else { format!("{} ({})", parts.join(", "), aside.join(", ")) }
}

/// Draws a diagnostic.
fn emit(diagnostic: &Diagnostic<SourceId>, texts: &Texts<'_>, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let narrowed = texts.narrowed(diagnostic);
    let diagnostic = narrowed.as_ref().unwrap_or(diagnostic);
    let drawn =
        if color { draw(&mut Ansi::new(&mut *out), texts, diagnostic) } else { draw(&mut NoColor::new(&mut *out), texts, diagnostic) };
    match drawn {
        Ok(()) => Ok(()),
        Err(files::Error::Io(error)) => Err(error),
        // A span that does not fit its text is our own fault; the sentence still reaches the reader.
        Err(_) => writeln!(out, "{}\n", diagnostic.message),
    }
}

fn draw<W: WriteColor>(out: &mut W, texts: &Texts<'_>, diagnostic: &Diagnostic<SourceId>) -> Result<(), files::Error> {
    let styles = term::Styles::default();
    let mut writer = term::StylesWriter::new(out, &styles);
    term::emit_to_write_style(&mut writer, &Config::default(), texts, diagnostic)
}

/// Our sources as codespan wants to see them: harmless for a terminal, each made so once.
struct Texts<'a> {
    sources: &'a Sources,
    harmless: RefCell<HashMap<SourceId, Arc<str>>>,
}

impl<'a> Texts<'a> {
    fn new(sources: &'a Sources) -> Self {
        Self { sources, harmless: RefCell::default() }
    }

    /// The same diagnostic with the labels named instead of drawn whose lines may not be shown; all of them where a line is too long to
    /// be read, as that of a file that a program wrote. `None` where all can be drawn.
    fn narrowed(&self, diagnostic: &Diagnostic<SourceId>) -> Option<Diagnostic<SourceId>> {
        let is_wide = diagnostic.labels.iter().any(|label| self.is_wide(label));
        let is_drawn = |label: &Label<SourceId>| !is_wide && self.sources.get(label.file_id).shows_lines(&label.range);
        if diagnostic.labels.iter().all(is_drawn) {
            return None;
        }
        let (drawn, named): (Vec<_>, Vec<_>) = diagnostic.labels.iter().cloned().partition(is_drawn);
        let named = named.iter().map(|label| {
            let at = super::place(&Place::Source(Span::new(label.file_id, label.range.clone())), self.sources);
            let what = if label.message.is_empty() { String::new() } else { format!(": {}", label.message) };
            let shown = self.sources.get(label.file_id).shows_lines(&label.range);
            if shown { format!("at {at}{what}") } else { format!("at {at}{what} {NOT_SHOWN}") }
        });
        let notes = named.chain(diagnostic.notes.iter().cloned()).collect();
        Some(Diagnostic { labels: drawn, notes, ..diagnostic.clone() })
    }

    fn is_wide(&self, label: &Label<SourceId>) -> bool {
        let source = self.sources.get(label.file_id);
        [label.range.start, label.range.end].iter().any(|at| source.line(source.line_index(*at)).len() > WIDEST)
    }
}

impl<'a> Files<'a> for Texts<'_> {
    type FileId = SourceId;
    type Name = String;
    type Source = Arc<str>;

    fn name(&'a self, id: SourceId) -> Result<String, files::Error> {
        Ok(clean(&self.sources.get(id).path().to_string_lossy()).into_owned())
    }

    fn source(&'a self, id: SourceId) -> Result<Arc<str>, files::Error> {
        let mut harmless = self.harmless.borrow_mut();
        Ok(harmless.entry(id).or_insert_with(|| same_length(&self.sources.get(id).shown()).into()).clone())
    }

    fn line_index(&'a self, id: SourceId, at: usize) -> Result<usize, files::Error> {
        Ok(self.sources.get(id).line_index(at))
    }

    fn line_range(&'a self, id: SourceId, line: usize) -> Result<Range<usize>, files::Error> {
        let source = self.sources.get(id);
        let starts = source.line_starts();
        let start = starts.get(line).copied().ok_or(files::Error::LineTooLarge { given: line, max: starts.len() })?;
        Ok(start..starts.get(line + 1).copied().unwrap_or(source.text().len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ProblemKind;

    #[test]
    fn what_is_not_shown_is_counted() {
        let problems: Vec<Problem> = (0..MOST_SHOWN + 5).map(|at| Problem::new(ProblemKind::Structure, format!("fault <{at}>"))).collect();
        let mut out = Vec::new();
        problems_and_notices(&problems, &[], &Sources::default(), false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(&format!("fault <{}>", MOST_SHOWN - 1)) && !text.contains(&format!("fault <{MOST_SHOWN}>")), "{text}");
        assert!(text.ends_with("… and 5 problems more; `--format json` lists all of them\n\n"), "{text}");
    }
}
