//! Groups findings by their advice, so that each text appears once with all of its keys.

use crate::base::Place;
use crate::rules::{Finding, FindingInstance, Level, Wording};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Findings of a rule with the same advice.
pub(super) struct SharedAdvice<'a> {
    /// The rule's id.
    pub rule: &'static str,
    /// The highest level among them.
    pub level: Level,
    /// Why it matters; may be empty.
    pub note: Arc<str>,
    /// What to do; may be empty.
    pub help: Arc<str>,
    /// The keys that it applies to, in the order of the findings.
    pub keys: Vec<AdvisedKey<'a>>,
}

/// A key that the advice applies to.
pub(super) struct AdvisedKey<'a> {
    /// The instance; `None` for a finding without one.
    pub instance: Option<&'a FindingInstance>,
    /// The message about it.
    pub message: Arc<str>,
    /// The place to edit.
    pub place: &'a Place,
}

impl AdvisedKey<'_> {
    /// The key's label; for a live key, its name and its OCID.
    pub(super) fn name(&self) -> Option<Cow<'_, str>> {
        let instance = self.instance?;
        let label = instance.label();
        Some(instance.name.as_deref().map_or(label.clone(), |name| Cow::Owned(format!("{name} ({label})"))))
    }
}

/// The groups, in the order of their first findings. The keys of one finding may have different texts.
pub(super) fn group_by_advice(findings: &[Finding]) -> Vec<SharedAdvice<'_>> {
    let mut groups: Vec<SharedAdvice<'_>> = Vec::new();
    let mut known: HashMap<(&'static str, Arc<str>, Arc<str>), usize> = HashMap::new();
    for finding in findings {
        let wordings: Vec<Wording> = (0..=finding.variants.len()).map(|index| finding.wording(index)).collect();
        let none = finding.instances.is_empty().then_some(None);
        for instance in none.into_iter().chain(finding.instances.iter().map(Some)) {
            let index = instance.map_or(0, |instance| instance.wording);
            let Some(Wording { message, note, help }) = wordings.get(index).or(wordings.first()).cloned() else { continue };
            let at = *known.entry((finding.rule, Arc::clone(&note), Arc::clone(&help))).or_insert_with(|| {
                groups.push(SharedAdvice { rule: finding.rule, level: finding.level, note, help, keys: Vec::new() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.level = group.level.max(finding.level);
                group.keys.push(AdvisedKey { instance, message, place: &finding.place });
            }
        }
    }
    groups
}
