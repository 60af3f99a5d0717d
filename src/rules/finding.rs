//! Findings: verdicts made for people. What one edit settles is one finding.

use super::fingerprint::Fingerprints;
use super::{Kind, Level};
use crate::base::{Place, Step};
use crate::key::KeyId;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// One instance of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingInstance {
    /// The key.
    pub key: KeyId,
    /// The display name of a key of the service, whose address is but an OCID; where it is known and may be shown.
    pub name: Option<String>,
    /// What baselines know it by.
    pub fingerprints: Fingerprints,
    /// Where the resource uses the value: an exemption there counts, too.
    pub used: Place,
    /// Which wording of the finding is this key's: 0 is the finding's own, others are those of its variants.
    pub wording: usize,
    /// Whether reports name the key with its root, because there are several.
    pub names_root: bool,
}

/// What is reported of some of the keys of a finding, where that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wording {
    /// One sentence without a full stop.
    pub message: Arc<str>,
    /// Why it matters; may be empty.
    pub note: Arc<str>,
    /// What to do; may be empty.
    pub help: Arc<str>,
}

/// Something to be reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id; `drift` findings have `OCI-KMS-DRIFT`, modules not followed under `--strict` `modules-not-followed`.
    pub rule: &'static str,
    /// The level after the user's settings.
    pub level: Level,
    /// `violation`, `undetermined`, or `advice` (a note next to a pass).
    pub verdict: &'static str,
    /// What is wrong, or what is unknown.
    pub kind: Kind,
    /// One sentence without a full stop.
    pub message: Arc<str>,
    /// Where it is.
    pub place: Place,
    /// What the caret shows; may be empty.
    pub label: Arc<str>,
    /// The rest of the value's way, in the order in which it traveled.
    pub trail: Vec<Step>,
    /// How many steps of the way come before the place.
    pub before: usize,
    /// The default that the place leaves, where other calls may leave it too.
    pub shared: Option<Step>,
    /// Why it matters; may be empty.
    pub note: Arc<str>,
    /// What to do; may be empty.
    pub help: Arc<str>,
    /// The keys, sorted.
    pub instances: Vec<FindingInstance>,
    /// What is reported of those keys of which something else is reported.
    pub variants: Vec<Wording>,
    /// Rule + kind + repository path + edit address, hashed; 32 hexadecimal digits. No line numbers, no keys, no words: it stays the same
    /// while the same edit settles the finding.
    pub fingerprint: String,
}

impl Finding {
    /// What is reported of the keys with this wording.
    #[must_use]
    pub fn wording(&self, index: usize) -> Wording {
        let own = || Wording { message: Arc::clone(&self.message), note: Arc::clone(&self.note), help: Arc::clone(&self.help) };
        index.checked_sub(1).and_then(|at| self.variants.get(at).cloned()).unwrap_or_else(own)
    }

    /// The same finding of these instances only: what most of them share is its own wording.
    #[must_use]
    pub fn of(self, instances: Vec<FindingInstance>) -> Self {
        let wordings = (0..=self.variants.len()).map(|index| self.wording(index)).collect();
        self.with_wordings(wordings, instances)
    }

    /// Gives the finding its instances and what is reported of them: each names one of these wordings by its position.
    pub(super) fn with_wordings(mut self, wordings: Vec<Wording>, instances: Vec<FindingInstance>) -> Self {
        let mut counts = vec![0_usize; wordings.len()];
        for instance in &instances {
            if let Some(count) = counts.get_mut(instance.wording) {
                *count += 1;
            }
        }
        let mut order: Vec<(Reverse<usize>, Wording, usize)> =
            counts.into_iter().zip(wordings).enumerate().map(|(at, (count, wording))| (Reverse(count), wording, at)).collect();
        order.retain(|(Reverse(count), ..)| *count > 0);
        order.sort();
        let places: HashMap<usize, usize> = order.iter().enumerate().map(|(place, (.., at))| (*at, place)).collect();
        let renumbered = |instance: FindingInstance| {
            let wording = places.get(&instance.wording).copied().unwrap_or_default();
            FindingInstance { wording, ..instance }
        };
        self.instances = instances.into_iter().map(renumbered).collect();
        let mut ordered = order.into_iter().map(|(_, wording, _)| wording);
        if let Some(own) = ordered.next() {
            Wording { message: self.message, note: self.note, help: self.help } = own;
        }
        self.variants = ordered.collect();
        self
    }
}

impl FindingInstance {
    /// The key's address as reports show it: with the root where there are several, and the values file of the run where one was passed.
    #[must_use]
    pub fn label(&self) -> Cow<'_, str> {
        self.key.label(self.names_root)
    }
}
