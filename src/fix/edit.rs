//! An edit, what it may do, and why a finding has none.

use crate::base::{Place, Problem, ProblemKind, Sources, Span};
use crate::rules::{Safety, Settings};
use std::collections::HashSet;
use std::path::PathBuf;

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
    /// What is there afterwards.
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
