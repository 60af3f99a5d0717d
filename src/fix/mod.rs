//! Minimal edits of the code that fix findings, and the way they get into files.
//!
//! Only what is written can be changed: an edit replaces the literal where a value comes from, or inserts what is missing into a block. It is
//! made only if all keys that the place decides about want the same; otherwise a note says why not.

mod agree;
mod diff;
mod edit;
mod layout;
mod refusal;
mod requests;
mod text;
mod write;

pub use diff::diff;
pub use edit::{Edit, FixOptions, Note};
pub(crate) use refusal::FixError;
pub(crate) use write::revert;
pub use write::{ApplyError, apply, rewritten};

use crate::base::{Place, Sources};
use crate::key::KeyFacts;
use crate::rules::{Finding, Remedy};
use std::collections::HashMap;
use std::sync::OnceLock;

pub(crate) use crate::rules::Safety;

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
