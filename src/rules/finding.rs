//! Findings: verdicts grouped for people. Everything that one edit resolves is one finding.

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
    /// The display name of a live key, whose address is only an OCID. `None` if it is unknown or must not be shown.
    pub name: Option<String>,
    /// How baselines identify it.
    pub fingerprints: Fingerprints,
    /// Where the resource uses the value: an exemption there applies as well.
    pub used: Place,
    /// The index of this key's wording: 0 is the finding's own, 1 is its first variant.
    pub wording: usize,
    /// Whether reports show the root with the key's address, because several roots are checked.
    pub names_root: bool,
}

/// The texts of a finding for those of its keys that share them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wording {
    /// One sentence without a final period.
    pub message: Arc<str>,
    /// Why it matters; may be empty.
    pub note: Arc<str>,
    /// What to do; may be empty.
    pub help: Arc<str>,
}

/// One entry of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, or [`DRIFT`](super::DRIFT), or [`MODULES_NOT_FOLLOWED`](super::MODULES_NOT_FOLLOWED).
    pub rule: &'static str,
    /// The level, with the user's settings applied.
    pub level: Level,
    /// `violation`, `undetermined`, or `advice` (a note on a key that passes).
    pub verdict: &'static str,
    /// What is wrong, or what is unknown.
    pub kind: Kind,
    /// One sentence without a final period.
    pub message: Arc<str>,
    /// Where it is.
    pub place: Place,
    /// The label next to the caret; may be empty.
    pub label: Arc<str>,
    /// The other steps that the value took, from its origin to the resource.
    pub trail: Vec<Step>,
    /// How many steps of the trail come before the place.
    pub before: usize,
    /// The variable's default that applies because the call at the place does not set it; it may apply to other calls as well.
    pub shared: Option<Step>,
    /// Why it matters; may be empty.
    pub note: Arc<str>,
    /// What to do; may be empty.
    pub help: Arc<str>,
    /// The keys, sorted.
    pub instances: Vec<FindingInstance>,
    /// The texts for the keys that differ from most.
    pub variants: Vec<Wording>,
    /// Rule + kind + repository path + edit address, hashed; 32 hexadecimal digits. Without line numbers, keys and texts, so that it is
    /// stable as long as the same edit resolves the finding.
    pub fingerprint: String,
}

impl Finding {
    /// The texts with this index.
    #[must_use]
    pub fn wording(&self, index: usize) -> Wording {
        let own = || Wording { message: Arc::clone(&self.message), note: Arc::clone(&self.note), help: Arc::clone(&self.help) };
        index.checked_sub(1).and_then(|at| self.variants.get(at).cloned()).unwrap_or_else(own)
    }

    /// The same finding with these instances only. The wording that most of them share becomes the finding's own.
    #[must_use]
    pub fn with_instances(self, instances: Vec<FindingInstance>) -> Self {
        let wordings = (0..=self.variants.len()).map(|index| self.wording(index)).collect();
        self.with_wordings(wordings, instances)
    }

    /// Sets the instances and their texts: [`FindingInstance::wording`] is an index into `wordings`.
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
    /// The key's address as reports show it: with the root if several are checked, and with the values file if one was passed.
    #[must_use]
    pub fn label(&self) -> Cow<'_, str> {
        self.key.label(self.names_root)
    }
}
