//! `--fix` and `--diff`: writes or shows the edits. After writing, everything is checked again, and all edits are reverted if a finding
//! that they should fix remains.

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

/// The result of `--fix` or `--diff`.
pub(super) enum FixResult {
    /// The diff was shown; nothing was written.
    Shown(Exit),
    /// All edits were written. With the outcome of the second check, if there was one.
    Written(Option<Box<(Outcome, Arc<Sources>)>>),
    /// No file was changed, and the reason was reported.
    Failed,
}

/// Whether edits are to be written or shown. `--unsafe-fixes` alone only selects edits.
pub(super) fn is_wanted(fix: &Fix) -> bool {
    fix.fix || fix.diff
}

/// Writes a note if `--unsafe-fixes` is given alone, which has no effect.
pub(super) fn note_unused_option(fix: &Fix) {
    if fix.unsafe_fixes && !is_wanted(fix) {
        write_stderr(b"note: `--unsafe-fixes` alone changes nothing; add `--fix` to write the fixes, `--diff` to see them\n");
    }
}

/// Shows or writes the edits. `check_again` reads and checks everything again.
///
/// # Errors
/// Writing to standard output failed.
pub(super) fn run(
    arguments: &Fix,
    context: &RunContext<'_>,
    outcome: &Outcome,
    (config, now): (&Config, Timestamp),
    sources: &Sources,
    check_again: &dyn Fn() -> Result<(Outcome, Arc<Sources>), CliError>,
) -> io::Result<FixResult> {
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
        return Ok(FixResult::Shown(exit_of(outcome, policy::fail_on(config, &context.options))));
    }
    if files.is_empty() {
        return Ok(FixResult::Written(None));
    }
    let cwd = &context.environment.cwd;
    let within = context.repository.bounds().to_path_buf();
    let applied = match fix::apply(&files, cwd, &within, &|path, text| parses(path, text)) {
        Ok(applied) => applied,
        Err(error) => {
            fail(format!("{error}; no file was changed"));
            return Ok(FixResult::Failed);
        }
    };
    // Plans and states do not change with the code, so only findings in code can be checked again.
    let code_findings = |outcome: &Outcome| -> HashSet<String> {
        let findings =
            outcome.findings.iter().filter(|finding| finding.instances.iter().all(|one| one.key.input == crate::key::InputKind::Hcl));
        findings.map(|finding| finding.fingerprint.clone()).collect()
    };
    let before = code_findings(outcome);
    let fixed: HashSet<&String> = plan.edits.iter().flat_map(|edit| &edit.findings).filter(|finding| before.contains(*finding)).collect();
    let after = check_again();
    // If reading fails, the edits are reverted as well.
    let remaining = after.as_ref().map_or(1, |(after, _)| {
        let after = code_findings(after);
        fixed.iter().filter(|finding| after.contains(**finding)).count()
    });
    if remaining > 0 {
        let back = applied.revert(cwd, &within).err().map_or_else(String::new, |error| format!("; {error}"));
        let why = after.err().map(|error| error.to_string()).unwrap_or_else(|| {
            if remaining == 1 { "1 finding would remain".to_owned() } else { format!("{remaining} findings would remain") }
        });
        fail(format!("the fixes were reverted: {why}{back}"));
        return Ok(FixResult::Failed);
    }
    if !context.terminal.quiet {
        let edits: Vec<&Edit> = plan.edits.iter().collect();
        write_stderr(listed_edits("fixed", &edits, sources).as_bytes());
    }
    Ok(FixResult::Written(after.ok().filter(|_| !before.is_empty()).map(Box::new)))
}

/// Checks that a changed file still parses. Its name decides the syntax.
fn parses(path: &str, text: &str) -> Result<(), ApplyError> {
    let sources = Sources::default();
    let source = sources.add(path, text.to_owned());
    let file = if path.ends_with(".json") { hcl::json::parse(source, text) } else { hcl::native::parse(source, text) };
    match file.error {
        Some(error) => Err(ApplyError::Rejected { path: path.into(), why: error.message }),
        None => Ok(()),
    }
}

/// Lists the findings that are not fixed: each reason once, with its places.
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
            let _ = writeln!(text, "  … and {} more (`--verbose` lists them)", notes.len() - shown);
        }
    }
    text
}

/// Lists edits, one per line: the place, the rule and the keys, and the change.
fn listed_edits(word: &str, edits: &[&Edit], sources: &Sources) -> String {
    let line = |edit: &&Edit| {
        let (at, keys) = (report::place(&Place::Source(edit.span), sources), listed(&edit.addresses));
        format!("{word}: {at}: {} {keys}: {}\n", edit.rule, report::clean(&edit.description))
    };
    edits.iter().filter(|edit| !edit.description.is_empty()).map(line).collect()
}

/// The first addresses; the rest is counted.
fn listed(addresses: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = addresses.iter().take(SHOWN).map(|address| report::clean(address)).collect::<Vec<_>>().join(", ");
    if addresses.len() > SHOWN {
        text.push_str(&format!(" and {} more", addresses.len() - SHOWN));
    }
    text
}
