//! Which findings are drawn together: those that say the same, and those that one edit of a shared default would settle.

use crate::base::Place;
use crate::rules::{Finding, Kind, Level};
use std::collections::HashMap;

/// How many calls that leave one default are reported one by one; more are one report at the default.
const MOST_CALLS_APART: usize = 3;

/// Findings that are one diagnostic.
pub(super) struct FoldedFindings<'f> {
    /// The findings, at least one, in the order of the report.
    pub findings: Vec<&'f Finding>,
    /// Whether one default that all of them leave is where the diagnostic belongs.
    pub is_default: bool,
}

/// What findings that are drawn together have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Common<'f> {
    Default(&'f Place, &'static str, &'static str, Kind),
    Text { rule: &'static str, level: Level, verdict: &'static str, kind: Kind, texts: [&'f str; 3] },
}

fn default_of(finding: &Finding) -> Option<Common<'_>> {
    finding.shared.as_ref().map(|shared| Common::Default(&shared.place, finding.rule, finding.verdict, finding.kind))
}

/// A finding that says different things about its keys is drawn alone.
fn text_of(finding: &Finding) -> Option<Common<'_>> {
    let Finding { rule, level, verdict, kind, message, note, help, variants, .. } = finding;
    let texts = [&**message, &**note, &**help];
    variants.is_empty().then_some(Common::Text { rule, level: *level, verdict, kind: *kind, texts })
}

/// The findings in groups, in the order in which the first of each comes. `is_verbose` keeps apart what only says the same.
pub(super) fn folded(findings: &[Finding], is_verbose: bool) -> Vec<FoldedFindings<'_>> {
    let mut counts = HashMap::new();
    findings.iter().filter_map(default_of).for_each(|common| *counts.entry(common).or_insert(0_usize) += 1);
    let mut groups: Vec<FoldedFindings<'_>> = Vec::new();
    let mut known: HashMap<Common<'_>, usize> = HashMap::new();
    for finding in findings {
        let default = default_of(finding).filter(|common| counts.get(common).is_some_and(|count| *count > MOST_CALLS_APART));
        let is_default = default.is_some();
        let common = default.or_else(|| text_of(finding).filter(|_| !is_verbose));
        match common.as_ref().and_then(|common| known.get(common)).and_then(|at| groups.get_mut(*at)) {
            Some(group) => group.findings.push(finding),
            None => {
                known.extend(common.map(|common| (common, groups.len())));
                groups.push(FoldedFindings { findings: vec![finding], is_default });
            }
        }
    }
    groups
}
