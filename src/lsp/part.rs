//! Root modules that share files, and what there is to report on them: what a change belongs to is checked again, and nothing else.

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
pub(super) type ByFile = BTreeMap<PathBuf, Arc<Vec<Diagnostic>>>;

/// What a client is reported of a part.
#[derive(Debug, Default)]
pub(super) struct Diagnosed {
    /// The diagnostics.
    pub found: ByFile,
    /// What has no place in a file.
    pub unplaced: Vec<String>,
}

/// A part of a workspace directory.
#[derive(Default)]
pub(super) struct ProjectPart {
    /// The positions of its runs in the session; none for what is to be said of no single run.
    pub runs: Vec<usize>,
    /// What there is to report.
    pub outcome: Outcome,
    /// What the client is reported; made when it is to be sent.
    pub diagnosed: OnceCell<Diagnosed>,
    /// What `--fix` would do, and what `--unsafe-fixes` would; made when they are asked for.
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
