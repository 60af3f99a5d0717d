//! The verdict of a rule on one key.

use super::{Kind, Placement};
use crate::base::Step;

/// The verdict of a rule on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key meets the rule.
    Pass {
        /// Why: the key is young, its mode is SOFTWARE, …
        kind: Kind,
        /// Why, as one sentence without a final period.
        message: String,
        /// A note that never reaches the exit code.
        advice: Option<Advice>,
    },
    /// The key breaks the rule.
    Violation(Report),
    /// The input does not decide it.
    Undetermined(Report),
    /// The rule does not apply to the key.
    NotApplicable {
        /// Why: the key is disabled, external, …
        kind: Kind,
        /// Why, as one sentence without a final period.
        message: String,
    },
}

/// A note on a key that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What it is about.
    pub kind: Kind,
    /// One sentence without a final period.
    pub message: String,
    /// Where.
    pub at: Vec<Step>,
}

/// What is reported about a key that does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is wrong, or what is unknown.
    pub kind: Kind,
    /// One sentence without a final period and without the key's address.
    pub message: String,
    /// Where the finding is placed; `None` after [`Verdict::clear_details`].
    pub at: Option<Box<Placement>>,
    /// Why it matters for this key; sentences.
    pub note: String,
    /// What to write or do; sentences.
    pub help: String,
}

impl Verdict {
    /// Drops the parts of the report that only findings need: note, help and placement.
    pub fn clear_details(&mut self) {
        if let Self::Violation(report) | Self::Undetermined(report) = self {
            (report.note, report.help, report.at) = (String::new(), String::new(), None);
        }
    }

    /// The word in JSON reports: `pass`, `violation`, `undetermined`, `not-applicable`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass { .. } => "pass",
            Self::Violation(_) => "violation",
            Self::Undetermined(_) => "undetermined",
            Self::NotApplicable { .. } => "not-applicable",
        }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Pass { kind, .. } | Self::NotApplicable { kind, .. } => *kind,
            Self::Violation(report) | Self::Undetermined(report) => report.kind,
        }
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Pass { message, .. } | Self::NotApplicable { message, .. } => message,
            Self::Violation(report) | Self::Undetermined(report) => &report.message,
        }
    }
}
