//! `--fix` and `--diff`: edits are written or shown; what was written is read again, and a finding that is still there takes the edits back.

use super::Exit;
use super::args::Fix;
use super::environment::{print, write_stderr};
use super::error::CliError;
use super::run_context::{RunContext, exit_of, fail};
use crate::base::{Place, Sources};
use crate::fix::{self, ApplyError, Edit, FixPlan, Safety};
use crate::hcl;
use crate::policy::{self, Config, Outcome};
use crate::report;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// How it ended.
pub(super) enum Ended {
    /// The diff was shown; nothing was written.
    Shown(Exit),
    /// What there was to write is written; with what is left to report where everything could be read again.
    Written(Option<Box<(Outcome, Arc<Sources>)>>),
    /// Nothing is written, and it was reported why.
    Failed,
}

/// Whether edits are to be written or shown. `--unsafe-fixes` only says which.
pub(super) fn is_wanted(fix: &Fix) -> bool {
    fix.fix || fix.diff
}

/// States that `--unsafe-fixes` does nothing where it is given alone.
pub(super) fn remind(fix: &Fix) {
    if fix.unsafe_fixes && !is_wanted(fix) {
        write_stderr(b"note: `--unsafe-fixes` alone changes nothing; add `--fix` to write the fixes, `--diff` to see them\n");
    }
}

/// Shows or makes the edits. `again` reads and checks everything again.
///
/// # Errors
/// What the system says about standard output.
pub(super) fn run(
    arguments: &Fix,
    context: &RunContext<'_>,
    outcome: &Outcome,
    (config, now): (&Config, Timestamp),
    sources: &Sources,
    again: &dyn Fn() -> Result<(Outcome, Arc<Sources>), CliError>,
) -> io::Result<Ended> {
    let plan = context.fixes(outcome, config, now, arguments.unsafe_fixes, sources);
    let files = fix::rewrite(&plan.edits, sources);
    if !context.terminal.quiet {
        write_stderr(not_fixed(&plan, sources, context.terminal.verbose).as_bytes());
    }
    if arguments.diff {
        context.print_problems(outcome, sources)?;
        if !context.terminal.quiet {
            let edits: Vec<&Edit> = plan.edits.iter().filter(|edit| edit.safety == Safety::Unsafe).collect();
            write_stderr(listed_edits("would fix, unsafe", &edits, sources).as_bytes());
        }
        let source = |path: &Path| plan.edits.iter().map(|edit| sources.get(edit.span.source)).find(|source| source.path() == path);
        let shows = |path: &Path, line: usize| source(path).is_some_and(|source| source.shows_line(line));
        print(&report::guarded(fix::diff(&files, &shows).as_bytes()))?;
        return Ok(Ended::Shown(exit_of(outcome, policy::fail_on(config, &context.options))));
    }
    if files.is_empty() {
        return Ok(Ended::Written(None));
    }
    let cwd = &context.environment.cwd;
    let within = context.repository.bounds().to_path_buf();
    if let Err(error) = fix::apply(&files, cwd, &within, &|path, text| parses(path, text)) {
        fail(format!("{error}; no file was changed"));
        return Ok(Ended::Failed);
    }
    // A plan or state says what it said before the code was changed: only code can be asked again.
    let of_code = |outcome: &Outcome| -> HashSet<String> {
        let live =
            outcome.findings.iter().filter(|finding| finding.instances.iter().all(|one| one.key.input == crate::key::InputKind::Hcl));
        live.map(|finding| finding.fingerprint.clone()).collect()
    };
    let before = of_code(outcome);
    let mended: HashSet<&String> = plan.edits.iter().flat_map(|edit| &edit.findings).filter(|finding| before.contains(*finding)).collect();
    let after = again();
    // What cannot be read again counts as not fixed: the files are put back then as well.
    let still_there = after.as_ref().map_or(1, |(after, _)| {
        let left = of_code(after);
        mended.iter().filter(|finding| left.contains(**finding)).count()
    });
    if still_there > 0 {
        let back = fix::revert(&files, cwd, &within).err().map_or_else(String::new, |error| format!("; {error}"));
        let why = after.err().map(|error| error.to_string()).unwrap_or_else(|| {
            if still_there == 1 { "1 finding would remain".to_owned() } else { format!("{still_there} findings would remain") }
        });
        fail(format!("the fixes were reverted: {why}{back}"));
        return Ok(Ended::Failed);
    }
    if !context.terminal.quiet {
        let edits: Vec<&Edit> = plan.edits.iter().collect();
        write_stderr(listed_edits("fixed", &edits, sources).as_bytes());
    }
    Ok(Ended::Written(after.ok().filter(|_| !before.is_empty()).map(Box::new)))
}

/// Whether a new text parses as what its name says it is.
fn parses(path: &str, text: &str) -> Result<(), ApplyError> {
    let sources = Sources::default();
    let source = sources.add(path, text.to_owned());
    let file = if path.ends_with(".json") { hcl::json::parse(source, text) } else { hcl::native::parse(source, text) };
    match file.error {
        Some(error) => Err(ApplyError::Rejected { path: path.into(), why: error.message }),
        None => Ok(()),
    }
}

/// What is left as it is, and why: each reason once, with the places that it holds for.
fn not_fixed(plan: &FixPlan, sources: &Sources, is_verbose: bool) -> String {
    const SHOWN: usize = 3;
    let mut reasons: Vec<((&str, &str), Vec<&fix::Note>)> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for note in &plan.notes {
        let reason = (note.rule, note.message.as_str());
        let at = *known.entry(reason).or_insert(reasons.len());
        match reasons.get_mut(at) {
            Some((_, notes)) => notes.push(note),
            None => reasons.push((reason, vec![note])),
        }
    }
    let mut text = String::new();
    for ((rule, message), notes) in &reasons {
        let message = report::clean(message);
        let place = |note: &fix::Note| (report::place(&note.place, sources), listed(&note.addresses));
        if let [note] = notes.as_slice() {
            let (at, keys) = place(note);
            let _ = writeln!(text, "not fixed: {at}: {rule} {keys}: {message}");
            continue;
        }
        let _ = writeln!(text, "not fixed: {} of {rule}: {message}", report::count(notes.len(), "finding", "findings"));
        let shown = if is_verbose || notes.len() <= SHOWN + 1 { notes.len() } else { SHOWN };
        for note in notes.iter().take(shown) {
            let (at, keys) = place(note);
            let _ = writeln!(text, "  --> {at}: {keys}");
        }
        if shown < notes.len() {
            let _ = writeln!(text, "  ... and {} more (`--verbose` lists them)", notes.len() - shown);
        }
    }
    text
}

/// Edits, one a line: where, for which rule and keys, what.
fn listed_edits(word: &str, edits: &[&Edit], sources: &Sources) -> String {
    let line = |edit: &&Edit| {
        let (at, keys) = (report::place(&Place::Source(edit.span), sources), listed(&edit.addresses));
        format!("{word}: {at}: {} {keys}: {}\n", edit.rule, report::clean(&edit.description))
    };
    edits.iter().filter(|edit| !edit.description.is_empty()).map(line).collect()
}

/// Addresses in a row; a long list is counted.
fn listed(addresses: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = addresses.iter().take(SHOWN).map(|address| report::clean(address)).collect::<Vec<_>>().join(", ");
    if addresses.len() > SHOWN {
        text.push_str(&format!(" and {} more", addresses.len() - SHOWN));
    }
    text
}
