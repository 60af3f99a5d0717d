//! The rules: pure functions from the facts of a key to a verdict, and the findings people read.

mod finding;
mod verdict;

pub use finding::{Finding, FindingInstance, Label};
pub use verdict::{Advice, Report, Verdict};

use crate::key::KeyFacts;
use jiff::Timestamp;

/// What a rule may ask besides the key.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The clock, handed down from the command line.
    pub now: Timestamp,
    /// `max-rotation-days`: 60 to 365.
    pub max_rotation_days: i64,
    /// `due-soon-days`.
    pub due_soon_days: i64,
    /// `accept-manual-versions`.
    pub accept_manual_versions: bool,
    /// `accept-hsm-in-private-vault`.
    pub accept_hsm_in_private_vault: bool,
}

/// A rule: its metadata, its document and its judgement.
#[derive(Debug)]
pub struct Rule {
    /// `OCI-KMS-001`.
    pub id: &'static str,
    /// `key-rotation`.
    pub name: &'static str,
    /// `KeyRotation`: SARIF wants PascalCase.
    pub pascal_name: &'static str,
    /// One line.
    pub title: &'static str,
    /// The document, Markdown.
    pub document: &'static str,
    /// The published risk: `Medium`, `Low`.
    pub risk: &'static str,
    /// SARIF `security-severity`, where it is a security rule.
    pub security_severity: Option<&'static str>,
    /// Tags.
    pub tags: &'static [&'static str],
    /// The judgement.
    pub judge: fn(&KeyFacts, &Settings) -> Verdict,
}

/// How loud a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported at all.
    Off,
    /// Said, never reaches the exit code by default.
    Note,
    /// The default of both rules.
    Warning,
    /// An error.
    Error,
}

impl Level {
    /// The word in the command line, the config and the reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
