//! One row for each key and rule, for the lists for auditors (`csv`, `html`).

use crate::key::{KeyFacts, KeyId};
use crate::policy::{CheckedKey, Exempted, Outcome};
use crate::rules::{self, Finding, FindingInstance, Rule, Verdict};
use jiff::Timestamp;
use std::collections::HashMap;

/// A rule's verdict on a key, with its finding and exemption.
pub(super) struct Row<'a> {
    /// The key.
    pub key: &'a CheckedKey,
    /// The rule.
    pub rule: &'static Rule,
    /// The verdict.
    pub verdict: &'a Verdict,
    /// The finding, reported or exempted, if there is one.
    pub finding: Option<&'a Finding>,
    /// The key's instance of the finding.
    pub instance: Option<&'a FindingInstance>,
    /// The exemption, if there is one.
    pub exempted: Option<&'a Exempted>,
}

/// A finding about something that has no verdicts: drift, module calls that were not followed.
pub(super) struct OtherFinding<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// One of its instances; `None` if it does not have any.
    pub instance: Option<&'a FindingInstance>,
    /// The exemption, if there is one.
    pub exempted: Option<&'a Exempted>,
}

/// The findings of an outcome, by key and rule.
pub(super) struct Rows<'a> {
    outcome: &'a Outcome,
    known: HashMap<(&'a KeyId, &'static str), IndexedFinding<'a>>,
}

#[derive(Clone, Copy)]
struct IndexedFinding<'a> {
    finding: &'a Finding,
    instance: &'a FindingInstance,
    exempted: Option<&'a Exempted>,
}

impl<'a> Rows<'a> {
    /// Indexes the findings by key and rule.
    pub(super) fn new(outcome: &'a Outcome) -> Self {
        let mut known = HashMap::new();
        // Advice does not come from the verdict: the key passes.
        for (finding, exempted) in all_findings(outcome).filter(|(finding, _)| finding.verdict != "advice") {
            for instance in &finding.instances {
                known.entry((&instance.key, finding.rule)).or_insert(IndexedFinding { finding, instance, exempted });
            }
        }
        Self { outcome, known }
    }

    /// The rows, in the order of the keys and of the rules.
    pub(super) fn of_keys(&self) -> impl Iterator<Item = Row<'a>> {
        self.outcome.keys.iter().flat_map(move |key| {
            key.verdicts.iter().map(move |(rule, verdict)| {
                let known = self.known.get(&(&key.facts.id, rule.id)).filter(|known| known.finding.verdict == verdict.word());
                Row {
                    key,
                    rule,
                    verdict,
                    finding: known.map(|known| known.finding),
                    instance: known.map(|known| known.instance),
                    exempted: known.and_then(|known| known.exempted),
                }
            })
        })
    }

    /// Findings that do not belong to a row, instance by instance.
    pub(super) fn others(&self) -> impl Iterator<Item = OtherFinding<'a>> {
        all_findings(self.outcome).filter(|(finding, _)| rules::by_id(finding.rule).is_none()).flat_map(|(finding, exempted)| {
            let none = finding.instances.is_empty().then_some(OtherFinding { finding, instance: None, exempted });
            none.into_iter().chain(finding.instances.iter().map(move |instance| OtherFinding {
                finding,
                instance: Some(instance),
                exempted,
            }))
        })
    }
}

/// The reported findings, then the exempted ones.
fn all_findings(outcome: &Outcome) -> impl Iterator<Item = (&Finding, Option<&Exempted>)> {
    let reported = outcome.findings.iter().map(|finding| (finding, None));
    reported.chain(outcome.exempted.iter().map(|exempted| (&exempted.finding, Some(exempted))))
}

/// The name of a key, if it is known and may be shown.
pub(super) fn display_name(key: &KeyFacts) -> Option<&str> {
    key.display_name.shown(|_| false).map(String::as_str).filter(|name| !name.is_empty())
}

/// The age of the version in use in days, if it is known.
pub(super) fn version_age_days(key: &KeyFacts, now: Timestamp) -> Option<u64> {
    key.current_version_time().map(|time| days_since(time, now))
}

/// How many days ago something happened; 0 if the local clock is behind the service's.
pub(super) fn days_since(time: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(time).as_hours() / 24).unwrap_or_default()
}
