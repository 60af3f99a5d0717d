//! The totals of an outcome by rule: keys by verdict, and findings by kind.

use crate::policy::Outcome;
use crate::rules::{self, Verdict};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The totals of one rule. All numbers count keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RuleTotals {
    /// The id under which it is reported.
    pub id: &'static str,
    /// Reported violations by kind, the most frequent first.
    pub violations: Vec<(&'static str, usize)>,
    /// Reported undetermined verdicts, by kind.
    pub undetermined: Vec<(&'static str, usize)>,
    /// Notes about keys that pass, by kind.
    pub advice: Vec<(&'static str, usize)>,
    /// Findings that an exemption or the baseline accepts.
    pub exempted: usize,
    /// Keys that pass.
    pub passes: usize,
    /// Keys that the rule does not apply to.
    pub not_applicable: usize,
}

/// The sum over kinds.
pub(super) fn sum(kinds: &[(&'static str, usize)]) -> usize {
    kinds.iter().map(|(_, count)| count).sum()
}

/// The totals of every rule that was checked or has findings, in the order of [`rules::ids`].
pub(super) fn totals(outcome: &Outcome) -> Vec<RuleTotals> {
    let mut all: BTreeMap<usize, RuleTotals> = BTreeMap::new();
    let mut of = |id: &'static str, change: &mut dyn FnMut(&mut RuleTotals)| {
        let position = rules::ids().position(|known| known == id).unwrap_or(usize::MAX);
        change(all.entry(position).or_insert_with(|| RuleTotals { id, ..RuleTotals::default() }));
    };
    for (rule, verdict) in outcome.keys.iter().flat_map(|key| &key.verdicts) {
        of(rule.id, &mut |totals| match verdict {
            Verdict::Pass { .. } => totals.passes += 1,
            Verdict::NotApplicable { .. } => totals.not_applicable += 1,
            // Those that are not exempted are counted with the findings below.
            Verdict::Violation(_) | Verdict::Undetermined(_) => {}
        });
    }
    for finding in &outcome.findings {
        of(finding.rule, &mut |totals| {
            let kinds = match finding.verdict {
                "violation" => &mut totals.violations,
                "undetermined" => &mut totals.undetermined,
                _ => &mut totals.advice,
            };
            // A finding without keys counts as one: a module call that was not followed.
            let (word, count) = (finding.kind.word(), finding.instances.len().max(1));
            match kinds.iter_mut().find(|(known, _)| *known == word) {
                Some((_, known)) => *known += count,
                None => kinds.push((word, count)),
            }
        });
    }
    for exempted in &outcome.exempted {
        of(exempted.finding.rule, &mut |totals| totals.exempted += exempted.finding.instances.len());
    }
    let mut all: Vec<RuleTotals> = all.into_values().collect();
    for totals in &mut all {
        for kinds in [&mut totals.violations, &mut totals.undetermined, &mut totals.advice] {
            kinds.sort_by_key(|(word, count)| (Reverse(*count), *word));
        }
    }
    all
}
