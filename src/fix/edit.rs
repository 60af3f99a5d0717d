//! Edits, their options, and notes about findings without an edit.

use crate::base::{Place, Problem, ProblemKind, Sources, Span};
use crate::rules::{Safety, Settings};
use std::collections::HashSet;
use std::path::PathBuf;

/// What may be edited, and how.
#[derive(Clone, Debug)]
pub struct FixOptions {
    /// Whether to make edits that change the protection of a key that may exist.
    pub unsafe_fixes: bool,
    /// The settings of the rules that the edited configuration must pass.
    pub settings: Settings,
    /// The paths, as shown, of files that do not parse: the effect of an edit in them is unknown.
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

/// A replacement of a range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The range to replace; empty for an insertion.
    pub span: Span,
    /// The new text.
    pub replacement: String,
    /// Whether it can do harm.
    pub safety: Safety,
    /// The rule whose finding it fixes.
    pub rule: &'static str,
    /// The keys it fixes, sorted.
    pub addresses: Vec<String>,
    /// The fingerprints of the findings it fixes.
    pub findings: Vec<String>,
    /// What it does, as one sentence without a period; empty for an edit that only realigns the `=` of lines next to another edit.
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
    /// Why, as one sentence without a period.
    pub message: String,
}
