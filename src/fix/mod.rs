//! Minimal edits of the code that fix findings, and the way they get into files.
//!
//! Only what is written can be changed: an edit replaces the literal where a value comes from, or inserts what is missing into a block. It is
//! made only if all keys that the place decides about want the same; otherwise a note says why not.

mod agree;
mod diff;
mod layout;
mod refusal;
mod requests;
mod text;
mod write;

pub use diff::diff;
pub(crate) use refusal::FixError;
pub use write::{ApplyError, apply, rewritten};
pub(crate) use write::{Rewritten, revert};

use crate::base::{Place, Problem, ProblemKind, Sources, Span};
use crate::key::KeyFacts;
use crate::rules::{Finding, Remedy, Settings};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::OnceLock;

pub(crate) use crate::rules::Safety;

/// What may be edited, and to what.
#[derive(Clone, Debug)]
pub struct FixOptions {
    /// Edits that change what protects a key that may exist.
    pub unsafe_fixes: bool,
    /// The rules' settings: what is written must suit them.
    pub settings: Settings,
    /// Files as shown that do not parse: no one can tell what an edit of them would do.
    pub broken: HashSet<PathBuf>,
}

impl FixOptions {
    /// Options of a run with these problems.
    #[must_use]
    pub fn new(unsafe_fixes: bool, settings: Settings, problems: &[Problem], sources: &Sources) -> Self {
        let unparsable = problems.iter().filter(|problem| problem.kind == ProblemKind::Unparsable);
        let spans = unparsable.filter_map(|problem| problem.place.as_ref()?.span());
        Self { unsafe_fixes, settings, broken: spans.map(|span| sources.get(span.source).path().to_path_buf()).collect() }
    }
}

/// A change of one range of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty where something is inserted.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
    /// Whether it can do harm.
    pub safety: Safety,
    /// The rule it serves.
    pub rule: &'static str,
    /// The keys it fixes, sorted.
    pub addresses: Vec<String>,
    /// The fingerprints of the findings it fixes.
    pub findings: Vec<String>,
    /// What it does, as one sentence without a full stop; empty for an edit that only moves the `=` of lines next to another edit.
    pub description: String,
}

/// Why a finding is not fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The rule.
    pub rule: &'static str,
    /// The keys, sorted.
    pub addresses: Vec<String>,
    /// Where the finding is.
    pub place: Place,
    /// Why, as one sentence without a full stop.
    pub message: String,
}

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Edits by path and offset; no two of them overlap. Those at one offset stand in the order in which they are inserted.
    pub edits: Vec<Edit>,
    /// What is left undone.
    pub notes: Vec<Note>,
    /// Positions of edits, by the fingerprints of the findings that they fix.
    by_finding: OnceLock<HashMap<String, Vec<usize>>>,
}

impl Plan {
    /// The edits that fix a finding.
    pub fn edits_of<'a>(&'a self, finding: &'a Finding) -> impl Iterator<Item = &'a Edit> {
        let by_finding = self.by_finding.get_or_init(|| {
            let mut all: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, fingerprint) in self.edits.iter().enumerate().flat_map(|(at, edit)| edit.findings.iter().map(move |it| (at, it))) {
                let edits = all.entry(fingerprint.clone()).or_default();
                if edits.last() != Some(&at) {
                    edits.push(at);
                }
            }
            all
        });
        by_finding.get(&finding.fingerprint).into_iter().flatten().filter_map(|at| self.edits.get(*at))
    }
}

/// Finds the edits that fix findings. `keys` are all keys that were checked: those without a finding have a say, too.
#[must_use]
pub fn edits(findings: &[Finding], keys: &[&KeyFacts], sources: &Sources, options: &FixOptions) -> Plan {
    let (requests, mut notes) = requests::requests(findings, keys, sources, options);
    let (edits, refused) = agree::settle(requests, findings, keys, sources);
    notes.extend(refused);
    Plan { edits, notes: merged(notes), by_finding: OnceLock::new() }
}

/// The edits that one remedy means for one key, whatever other keys want: what an editor offers.
///
/// # Errors
/// Why the text cannot be changed so.
pub fn of_remedy(remedy: &Remedy, rule: &'static str, key: &KeyFacts, sources: &Sources) -> Result<Vec<Edit>, FixError> {
    agree::alone(requests::changes(remedy, key, sources)?, rule, key, sources)
}

/// Notes that say the same of one place are one.
fn merged(notes: Vec<Note>) -> Vec<Note> {
    let mut merged: Vec<Note> = Vec::new();
    let mut known: HashMap<(&'static str, Place, String), usize> = HashMap::new();
    for note in notes {
        let at = *known.entry((note.rule, note.place.clone(), note.message.clone())).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(same) => same.addresses.extend(note.addresses),
            None => merged.push(note),
        }
    }
    for note in &mut merged {
        note.addresses.sort();
        note.addresses.dedup();
    }
    merged
}

#[cfg(test)]
mod tests;
