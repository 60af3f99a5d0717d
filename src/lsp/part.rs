//! Root modules that share files, and their outcome. After a change, only the affected parts are checked again.

use crate::base::Sources;
use crate::fix::{self, FixPlan};
use crate::policy::Outcome;
use crate::rules::Settings;
use lsp_types::Diagnostic;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Diagnostics by the absolute path of the file.
pub(super) type DiagnosticsByFile = BTreeMap<PathBuf, Arc<Vec<Diagnostic>>>;

/// The diagnostics of a part.
#[derive(Debug, Default)]
pub(super) struct PartDiagnostics {
    pub found: DiagnosticsByFile,
    /// The messages without a place in a file.
    pub unplaced: Vec<String>,
}

/// A part of a workspace directory.
#[derive(Default)]
pub(super) struct ProjectPart {
    /// The positions of its runs in the session; empty for the part outside of single runs.
    pub runs: Vec<usize>,
    pub outcome: Outcome,
    /// The diagnostics, built when they are first sent.
    pub diagnostics: OnceCell<PartDiagnostics>,
    /// The edits of `--fix` and of `--unsafe-fixes`, made on first use.
    safe: OnceCell<FixPlan>,
    all: OnceCell<FixPlan>,
}

impl ProjectPart {
    pub(super) fn new(runs: Vec<usize>, outcome: Outcome) -> Self {
        Self { runs, outcome, ..Self::default() }
    }

    /// The edits of `--fix`.
    pub(super) fn safe_fixes(&self, settings: &Settings, sources: &Sources) -> &FixPlan {
        self.safe.get_or_init(|| self.fixes(false, settings, sources))
    }

    /// The edits of `--fix --unsafe-fixes`.
    pub(super) fn all_fixes(&self, settings: &Settings, sources: &Sources) -> &FixPlan {
        self.all.get_or_init(|| self.fixes(true, settings, sources))
    }

    fn fixes(&self, unsafe_fixes: bool, settings: &Settings, sources: &Sources) -> FixPlan {
        let keys: Vec<_> = self.outcome.keys.iter().map(|key| &*key.facts).collect();
        let options = fix::FixOptions::new(unsafe_fixes, settings.clone(), &self.outcome.problems, sources);
        fix::edits(&self.outcome.findings, &keys, sources, &options)
    }
}
