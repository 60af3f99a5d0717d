//! Decides which findings become one diagnostic: those with the same text, and those that one edit of a shared default would resolve.

use crate::base::Place;
use crate::rules::{Finding, Kind, Level};
use std::collections::HashMap;

/// Up to this many calls that use the same default are reported separately; more become one diagnostic at the default.
const MAX_SEPARATE_CALLS: usize = 3;

/// Findings that become one diagnostic.
pub(super) struct FoldedFindings<'f> {
    /// The findings, at least one, in the order of the report.
    pub findings: Vec<&'f Finding>,
    /// Whether the diagnostic is placed at the default that all of them use.
    pub is_default: bool,
}

/// What the findings of a group have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
enum FoldKey<'f> {
    Default(&'f Place, &'static str, &'static str, Kind),
    Text { rule: &'static str, level: Level, verdict: &'static str, kind: Kind, texts: [&'f str; 3] },
}

fn default_key(finding: &Finding) -> Option<FoldKey<'_>> {
    finding.shared.as_ref().map(|shared| FoldKey::Default(&shared.place, finding.rule, finding.verdict, finding.kind))
}

/// The texts of a finding; `None` if they differ between its keys, so that it stays alone.
fn text_key(finding: &Finding) -> Option<FoldKey<'_>> {
    let Finding { rule, level, verdict, kind, message, note, help, variants, .. } = finding;
    let texts = [&**message, &**note, &**help];
    variants.is_empty().then_some(FoldKey::Text { rule, level: *level, verdict, kind: *kind, texts })
}

/// Groups the findings, in the order of their first findings. With `is_verbose`, findings are not grouped by text.
pub(super) fn folded(findings: &[Finding], is_verbose: bool) -> Vec<FoldedFindings<'_>> {
    let mut counts = HashMap::new();
    findings.iter().filter_map(default_key).for_each(|key| *counts.entry(key).or_insert(0_usize) += 1);
    let mut groups: Vec<FoldedFindings<'_>> = Vec::new();
    let mut known: HashMap<FoldKey<'_>, usize> = HashMap::new();
    for finding in findings {
        let default = default_key(finding).filter(|key| counts.get(key).is_some_and(|count| *count > MAX_SEPARATE_CALLS));
        let is_default = default.is_some();
        let key = default.or_else(|| text_key(finding).filter(|_| !is_verbose));
        match key.as_ref().and_then(|key| known.get(key)).and_then(|at| groups.get_mut(*at)) {
            Some(group) => group.findings.push(finding),
            None => {
                known.extend(key.map(|key| (key, groups.len())));
                groups.push(FoldedFindings { findings: vec![finding], is_default });
            }
        }
    }
    groups
}
