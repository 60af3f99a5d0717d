//! Minimal edits of the configuration that fix findings, and how they are written to files.
//!
//! An edit replaces the literal that a value comes from, or inserts a missing argument into a block. It is made only if all keys
//! that depend on the place need the same change; otherwise a note explains why there is no edit.
//!
//! Read `requests` first (what each key needs), then `agree` (edits that all keys agree on), `text` and `layout` (where and how an
//! insertion is written), and `write` and `diff`.

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
pub use write::{ApplyError, WrittenFiles, apply, rewrite};

use crate::base::{Place, Sources};
use crate::key::KeyFacts;
use crate::rules::{Finding, Remedy};
use std::collections::HashMap;
use std::sync::OnceLock;

pub(crate) use crate::rules::Safety;

/// The edits to make.
#[derive(Clone, Debug, Default)]
pub struct FixPlan {
    /// Edits by path and offset; no two of them overlap. Those at the same offset are in the order in which they are inserted.
    pub edits: Vec<Edit>,
    /// Why other findings are not fixed.
    pub notes: Vec<Note>,
    /// Positions of edits, by the fingerprints of the findings that they fix.
    by_finding: OnceLock<HashMap<String, Vec<usize>>>,
}

impl FixPlan {
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

/// Finds the edits that fix findings. `keys` are all keys that were checked, because an edit must not change a key without a finding.
#[must_use]
pub fn edits(findings: &[Finding], keys: &[&KeyFacts], sources: &Sources, options: &FixOptions) -> FixPlan {
    let (requests, mut notes) = requests::collect(findings, keys, sources, options);
    let (edits, refused) = agree::settle(requests, findings, keys, sources);
    notes.extend(refused);
    FixPlan { edits, notes: merge_notes(notes), by_finding: OnceLock::new() }
}

/// The edits of one remedy for one key, regardless of other keys, for the offers of an editor.
///
/// # Errors
/// If the text cannot be changed in this way.
pub fn remedy_edits(remedy: &Remedy, rule: &'static str, key: &KeyFacts, sources: &Sources) -> Result<Vec<Edit>, FixError> {
    agree::edits_of_one_key(requests::changes(remedy, key, sources)?, rule, key, sources)
}

/// Merges notes with the same message about the same place.
fn merge_notes(notes: Vec<Note>) -> Vec<Note> {
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
