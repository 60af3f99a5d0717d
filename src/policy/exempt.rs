//! Exemptions: what the user accepts, each with a reason. A pass of its own behind the rules.

use super::outcome::{ExemptedBy, Notice};
use super::words::{matches, nearest};
use crate::base::{Place, Problem, ProblemKind, Sources, Span};
use crate::key::{Comment, Covers, KeyFacts};
use crate::rules::{self, Finding, FindingInstance, Paths};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};

/// An `[[exempt]]` entry of the config file; `*` and `?` are wildcards in its selectors, and all that are given must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The rules' ids.
    pub rules: Vec<&'static str>,
    /// The address, or the OCID of a key of which nothing else is known.
    pub address: Option<String>,
    /// The path of the finding or of the key.
    pub path: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The compartment's OCID.
    pub compartment: Option<String>,
    /// The key's OCID.
    pub key: Option<String>,
    /// `Key=Value` or `Namespace.Key=Value`.
    pub tag: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Where it is written.
    pub place: Place,
}

/// One exemption, wherever it is written.
#[derive(Clone, Debug)]
pub(super) struct Exemption {
    pub(super) by: ExemptedBy,
    pub(super) place: Place,
    pub(super) reason: String,
    pub(super) until: Option<Date>,
    rules: Vec<&'static str>,
    scope: Scope,
    /// The rules for which it matched something.
    used: BTreeSet<&'static str>,
}

#[derive(Clone, Debug)]
enum Scope {
    Comment(Covers),
    Entry(Box<Entry>),
}

/// What an exemption may ask besides the finding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) sources: &'a Sources,
    pub(super) paths: &'a Paths<'a>,
    /// The repository path of the config file's folder, empty for the root.
    pub(super) config_folder: &'a str,
}

/// Exemptions out of the comments and the config file, and what is wrong with the comments.
pub(super) fn gather(comments: &[Comment], entries: &[Entry]) -> (Vec<Exemption>, Vec<Problem>) {
    let mut exemptions = Vec::new();
    let mut problems = Vec::new();
    // A module's file is read once for each root that calls it.
    let mut seen: HashMap<&Place, Vec<&Comment>> = HashMap::new();
    for comment in comments {
        let same_place = seen.entry(&comment.place).or_default();
        if same_place.contains(&comment) {
            continue;
        }
        same_place.push(comment);
        match directive(&comment.text) {
            Ok((rules, until, reason)) => exemptions.push(Exemption {
                by: ExemptedBy::Comment,
                place: comment.place.clone(),
                reason,
                until,
                rules,
                scope: Scope::Comment(comment.covers.clone()),
                used: BTreeSet::new(),
            }),
            Err((message, help)) => problems.push(Problem::new(ProblemKind::Policy, message).at(comment.place.clone()).help(help)),
        }
    }
    exemptions.extend(entries.iter().map(|entry| Exemption {
        by: ExemptedBy::Config,
        place: entry.place.clone(),
        reason: entry.reason.clone(),
        until: entry.until,
        rules: entry.rules.clone(),
        scope: Scope::Entry(Box::new(entry.clone())),
        used: BTreeSet::new(),
    }));
    (exemptions, problems)
}

/// The exemption that holds for one instance of a finding today; it is noted as used.
pub(super) fn find<'e>(
    exemptions: &'e mut [Exemption],
    finding: &Finding,
    instance: &FindingInstance,
    facts: Option<&KeyFacts>,
    today: Date,
    around: Surroundings<'_>,
) -> Option<&'e Exemption> {
    let found = exemptions.iter_mut().find(|exemption| {
        exemption.rules.contains(&finding.rule)
            && exemption.until.is_none_or(|until| today <= until)
            && exemption.covers(finding, instance, facts, around)
    })?;
    found.used.insert(finding.rule);
    Some(found)
}

/// What is to be said about the exemptions themselves: expired, or of no use. `judged`: the rules that were asked at all.
pub(super) fn notices(exemptions: &[Exemption], today: Date, judged: impl Fn(&str) -> bool) -> Vec<Notice> {
    let mut notices = Vec::new();
    for exemption in exemptions {
        if let Some(until) = exemption.until.filter(|until| *until < today) {
            let message = format!("the exemption of {} expired after {until} and hides nothing any more", named(&exemption.rules));
            notices.push(Notice { kind: "expired-exemption", message, place: Some(exemption.place.clone()) });
            continue;
        }
        let unused: Vec<&str> = exemption.rules.iter().copied().filter(|rule| !exemption.used.contains(rule) && judged(rule)).collect();
        if !unused.is_empty() {
            let message = format!("the exemption of {} matches nothing: take it out", named(&unused));
            notices.push(Notice { kind: "unused-exemption", message, place: Some(exemption.place.clone()) });
        }
    }
    notices
}

fn named(rules: &[&str]) -> String {
    rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ")
}

/// The id of a rule that a user names by id or name; otherwise what may be meant.
pub(super) fn rule_id(word: &str) -> Result<&'static str, String> {
    if let Some(rule) = rules::by_id(word) {
        return Ok(rule.id);
    }
    let found = rules::ids().find(|id| id.eq_ignore_ascii_case(word));
    found.ok_or_else(|| match nearest(word, rules::ids()) {
        // Ids differ by one digit: a near one is as likely another rule.
        Some(near) if !near.starts_with("OCI-KMS-0") => format!("did you mean `{near}`?"),
        _ => format!("the rules are {}", rules::ids().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")),
    })
}

/// Reads a comment's text: `ignore[RULE, …] until=DATE the reason`. The error: what is wrong, and what to do.
#[expect(clippy::type_complexity, reason = "it is taken apart at once")]
fn directive(text: &str) -> Result<(Vec<&'static str>, Option<Date>, String), (String, String)> {
    let usage = || "write `kmslint: ignore[OCI-KMS-004] until=2027-01-31 the reason`; `until` may be left out".to_owned();
    if let Some(word) = near_miss(text) {
        return Err((format!("`{word}` has no effect: kmslint does not know this spelling"), usage()));
    }
    let Some(rest) = text.strip_prefix("ignore") else {
        let word = text.split(|c: char| c.is_whitespace() || c == '[').next().unwrap_or_default();
        return Err((format!("kmslint knows no comment `{word}`"), usage()));
    };
    let Some((named, rest)) = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Err(("the exemption names no rule".to_owned(), usage()));
    };
    let mut ids = Vec::new();
    for word in named.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let id = rule_id(word).map_err(|help| (format!("there is no rule `{word}`"), help))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Err(("the exemption names no rule".to_owned(), usage()));
    }
    let (dates, words): (Vec<&str>, Vec<&str>) = rest.split_whitespace().partition(|word| word.starts_with("until="));
    let until = match dates.as_slice() {
        [] => None,
        [date] => match date.trim_start_matches("until=").parse() {
            Ok(date) => Some(date),
            Err(_) => {
                return Err((format!("`{date}` is not a date"), "write the last day on which it holds, as `until=2027-01-31`".to_owned()));
            }
        },
        _ => return Err(("the exemption says `until=` more than once".to_owned(), usage())),
    };
    let reason = words.join(" ");
    // A dash before the reason is punctuation, and punctuation is no reason.
    let reason = reason.trim_start_matches(['-', '–', '—', ':', ' ']).to_owned();
    if !reason.chars().any(char::is_alphanumeric) {
        return Err(("the exemption gives no reason".to_owned(), "say behind it who decided it, and why".to_owned()));
    }
    Ok((ids, until, reason))
}

/// The first words of a comment that was meant as an exemption and does not begin with `kmslint: `.
fn near_miss(text: &str) -> Option<&str> {
    text.to_ascii_lowercase().find("kmslint")?;
    let words = text.split_inclusive([' ', '[', '=']);
    let mut end = 0;
    for word in words {
        end += word.len();
        if end > "kmslint".len() + 1 {
            break;
        }
    }
    let is_at_start = text.to_ascii_lowercase().find("kmslint").is_some_and(|at| at < 12);
    is_at_start.then(|| text.get(..end).unwrap_or(text).trim_end_matches([' ', '[', '=']))
}

impl Exemption {
    fn covers(&self, finding: &Finding, instance: &FindingInstance, facts: Option<&KeyFacts>, around: Surroundings<'_>) -> bool {
        match &self.scope {
            Scope::Comment(Covers::Lines(first, last)) => {
                let (Some(here), Some(there)) = (self.place.span(), finding.place.span()) else { return false };
                here.source == there.source && {
                    let line = around.sources.get(there.source).line_index(there.start as usize);
                    (*first..=*last).contains(&line)
                }
            }
            Scope::Comment(Covers::Resource(block)) => {
                let key =
                    facts.is_some_and(|key| key.declared.block.as_ref().is_some_and(|own| own == block) || is_within(&key.place, block));
                key || is_within(&finding.place, block)
            }
            Scope::Comment(Covers::Call(header)) => {
                let through = facts.is_some_and(|key| key.declared.calls.iter().any(|call| call.place == *header));
                through || finding.place == *header
            }
            Scope::Entry(entry) => entry.covers(finding, instance, facts, around),
        }
    }
}

/// Whether a place is in a block of the same text.
fn is_within(place: &Place, block: &Place) -> bool {
    let (Some(Span { source, start, end }), Some(block)) = (place.span(), block.span()) else { return place == block };
    source == block.source && start >= block.start && end <= block.end
}

impl Entry {
    fn covers(&self, finding: &Finding, instance: &FindingInstance, facts: Option<&KeyFacts>, around: Surroundings<'_>) -> bool {
        let given = |pattern: &Option<String>, holds: &dyn Fn(&str) -> bool| pattern.as_deref().is_none_or(holds);
        let known = |value: Option<&String>, pattern: &str| value.is_some_and(|value| matches(pattern, value));
        given(&self.address, &|pattern| matches(pattern, &instance.key.address))
            && given(&self.path, &|pattern| {
                let places = std::iter::once(&finding.place).chain(facts.map(|key| &key.place));
                places.into_iter().any(|place| self.is_at(pattern, &(around.paths.place)(place), around.config_folder))
            })
            && given(&self.name, &|pattern| known(facts.and_then(|key| key.display_name.value()), pattern))
            && given(&self.compartment, &|pattern| known(facts.and_then(|key| key.compartment.value()), pattern))
            && given(&self.key, &|pattern| known(facts.and_then(|key| key.ocid.as_ref()), pattern))
            && given(&self.tag, &|pattern| {
                facts.is_some_and(|key| {
                    key.freeform_tags.iter().chain(&key.defined_tags).any(|(tag, value)| matches(pattern, &format!("{tag}={value}")))
                })
            })
    }

    /// A path is named from the repository's root or from the config file's folder.
    fn is_at(&self, pattern: &str, path: &str, config_folder: &str) -> bool {
        let below = path.strip_prefix(config_folder).map(|rest| rest.trim_start_matches('/'));
        matches(pattern, path) || below.is_some_and(|below| matches(pattern, below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_in_every_spelling() {
        for (text, rules, until, reason) in [
            (
                "ignore[OCI-KMS-004] until=2027-01-31 FIPS 140-2 level 3 contract",
                vec!["OCI-KMS-004"],
                Some((2027, 1, 31)),
                "FIPS 140-2 level 3 contract",
            ),
            ("ignore[OCI-KMS-001, OCI-KMS-004] both", vec!["OCI-KMS-001", "OCI-KMS-004"], None, "both"),
            ("ignore [key-rotation,oci-kms-001] - by hand  until=2026-12-01", vec!["OCI-KMS-001"], Some((2026, 12, 1)), "by hand"),
            ("ignore[modules-not-followed]\n  vendored", vec!["modules-not-followed"], None, "vendored"),
        ] {
            let until = until.map(|(year, month, day)| Date::constant(year, month, day));
            assert_eq!(directive(text), Ok((rules, until, reason.to_owned())), "{text}");
        }
    }

    #[test]
    fn comments_that_hold_no_water_are_told() {
        for (text, expected) in [
            ("ignore", "the exemption names no rule"),
            ("ignore all of it", "the exemption names no rule"),
            ("ignore[] reason", "the exemption names no rule"),
            ("ignore[OCI-KMS-004", "the exemption names no rule"),
            ("ignore[OCI-KMS-044] reason", "there is no rule `OCI-KMS-044`"),
            ("ignore[OCI-KMS-004]", "the exemption gives no reason"),
            ("ignore[OCI-KMS-004] until=2027-01-31", "the exemption gives no reason"),
            ("ignore[OCI-KMS-004] -- …", "the exemption gives no reason"),
            ("ignore[OCI-KMS-004] until=2027-13-31 reason", "`until=2027-13-31` is not a date"),
            ("ignore[OCI-KMS-004] until=2027-01-31 until=2028-01-31 reason", "the exemption says `until=` more than once"),
            ("skip[OCI-KMS-004] reason", "kmslint knows no comment `skip`"),
        ] {
            assert_eq!(directive(text).map_err(|(message, _)| message), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_near_id_is_no_suggestion_but_a_near_name_is() {
        assert_eq!(rule_id("OCI-KMS-DRIF"), Err("did you mean `OCI-KMS-DRIFT`?".to_owned()));
        assert!(rule_id("OCI-KMS-003").unwrap_err().starts_with("the rules are `OCI-KMS-001`"));
    }
}
