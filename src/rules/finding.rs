//! Findings: verdicts made for people, several instances at one place being one finding.

use super::{Kind, Level};
use crate::base::{Place, Step};
use crate::key::KeyId;
use std::sync::Arc;

/// A label under a place.
pub type Label = Step;

/// One instance of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingInstance {
    /// The key.
    pub key: KeyId,
    /// The display name of a key of the service, whose address is but an OCID; where it is known and may be shown.
    pub name: Option<String>,
    /// Rule + root + repository path + address + kind, hashed; 32 hexadecimal digits. No line numbers.
    pub fingerprint: String,
}

/// Something to be reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id; `drift` findings have `OCI-KMS-DRIFT`, modules not followed under `--strict` `modules-not-followed`.
    pub rule: &'static str,
    /// The level after the user's settings.
    pub level: Level,
    /// `violation`, `undetermined`, or `advice` (a note beside a pass).
    pub verdict: &'static str,
    /// What is wrong, or what is unknown.
    pub kind: Kind,
    /// One sentence without a full stop.
    pub message: Arc<str>,
    /// Where it is.
    pub place: Place,
    /// What the caret shows; may be empty.
    pub label: Arc<str>,
    /// The rest of the value's way, nearest first.
    pub trail: Vec<Step>,
    /// The module calls on the way, outermost first: where to report what lies outside of the repository.
    pub calls: Vec<Step>,
    /// Why it matters; may be empty.
    pub note: Arc<str>,
    /// What to do; may be empty.
    pub help: Arc<str>,
    /// The keys, sorted.
    pub instances: Vec<FindingInstance>,
    /// The one instance's fingerprint, or the hash of all of them.
    pub fingerprint: String,
}
