//! One row for each key and rule: what the lists for auditors (`csv`, `html`) are made of.

use crate::key::{KeyFacts, KeyId};
use crate::policy::{CheckedKey, Exempted, Outcome};
use crate::rules::{self, Finding, FindingInstance, Rule, Verdict};
use jiff::Timestamp;
use std::collections::HashMap;

/// What a rule's verdict on a key led to.
pub(super) struct Row<'a> {
    /// The key.
    pub key: &'a CheckedKey,
    /// The rule.
    pub rule: &'static Rule,
    /// The verdict.
    pub verdict: &'a Verdict,
    /// The finding that is reported, or was exempted, where there is one.
    pub finding: Option<&'a Finding>,
    /// The key's instance of it.
    pub instance: Option<&'a FindingInstance>,
    /// The exemption, where there is one.
    pub exempted: Option<&'a Exempted>,
}

/// A finding about something that has no verdicts: drift, module calls that were not followed.
pub(super) struct Other<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// One of its instances; `None` where it has none.
    pub instance: Option<&'a FindingInstance>,
    /// The exemption, where there is one.
    pub exempted: Option<&'a Exempted>,
}

/// The findings of an outcome, by key and rule.
pub(super) struct Rows<'a> {
    outcome: &'a Outcome,
    known: HashMap<(&'a KeyId, &'static str), Known<'a>>,
}

#[derive(Clone, Copy)]
struct Known<'a> {
    finding: &'a Finding,
    instance: &'a FindingInstance,
    exempted: Option<&'a Exempted>,
}

impl<'a> Rows<'a> {
    /// Indexes the findings, so that each row finds its own at once.
    pub(super) fn new(outcome: &'a Outcome) -> Self {
        let mut known = HashMap::new();
        // A key that passes may have advice, which is not what its verdict led to.
        for (finding, exempted) in everything(outcome).filter(|(finding, _)| finding.verdict != "advice") {
            for instance in &finding.instances {
                known.entry((&instance.key, finding.rule)).or_insert(Known { finding, instance, exempted });
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

    /// Findings that no row is about, instance by instance.
    pub(super) fn others(&self) -> impl Iterator<Item = Other<'a>> {
        everything(self.outcome).filter(|(finding, _)| rules::by_id(finding.rule).is_none()).flat_map(|(finding, exempted)| {
            let none = finding.instances.is_empty().then_some(Other { finding, instance: None, exempted });
            none.into_iter().chain(finding.instances.iter().map(move |instance| Other { finding, instance: Some(instance), exempted }))
        })
    }
}

/// Findings that are reported, then those that were exempted.
fn everything(outcome: &Outcome) -> impl Iterator<Item = (&Finding, Option<&Exempted>)> {
    let reported = outcome.findings.iter().map(|finding| (finding, None));
    reported.chain(outcome.exempted.iter().map(|exempted| (&exempted.finding, Some(exempted))))
}

/// The name of a key, where it is known and may be shown.
pub(super) fn display_name(key: &KeyFacts) -> Option<&str> {
    key.display_name.shown(|_| false).map(String::as_str).filter(|name| !name.is_empty())
}

/// How many days the version in use is old, where that is known.
pub(super) fn version_age_days(key: &KeyFacts, now: Timestamp) -> Option<u64> {
    key.current_version_time().map(|time| days_since(time, now))
}

/// How many days ago something was. A clock that is slower than the service's makes nothing younger than new.
pub(super) fn days_since(time: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(time).as_hours() / 24).unwrap_or_default()
}
