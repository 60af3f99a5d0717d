//! Exemptions: what the user accepts, each with a reason. A pass of its own after the rules.

pub(super) mod directive;
mod entry;
mod index;

pub use entry::ExemptEntry;

use super::outcome::{ExemptedBy, Notice};
use super::words::matches_within;
use crate::base::{Place, Problem, ProblemKind, Sources};
use crate::key::{Comment, KeyFacts};
use crate::rules::{Finding, FindingInstance, Paths};
use directive::{Directive, directive};
use entry::{Exemption, ExemptionScope, Selector, named};
use index::Index;
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};

/// What an exemption may ask in addition to the finding.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExemptionContext<'a> {
    pub(super) sources: &'a Sources,
    pub(super) paths: &'a Paths<'a>,
    /// The repository path of the config file's directory, empty for the root.
    pub(super) config_directory: &'a str,
}

/// All exemptions of a run.
#[derive(Debug)]
pub(super) struct Exemptions {
    list: Vec<Exemption>,
    index: Index,
    today: Date,
    /// How many more characters of patterns of the config file may be compared with keys.
    left: usize,
}

/// How many characters of patterns are compared with keys in one run. Only patterns that begin with a wildcard come near: 1,000 of them and
/// 10,000 keys.
const MOST_COMPARISONS: usize = 400_000_000;

/// Exemptions out of the comments and the config file, and what is wrong with the comments.
pub(super) fn gather(comments: &[Comment], entries: &[ExemptEntry], today: Date) -> (Exemptions, Vec<Problem>) {
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
            Ok(Directive { rules, until, reason }) => exemptions.push(Exemption {
                by: ExemptedBy::Comment,
                place: comment.place.clone(),
                reason,
                until,
                rules,
                scope: ExemptionScope::Comment(comment.covers.clone()),
                used: BTreeSet::new(),
            }),
            Err(error) => {
                problems.push(Problem::new(ProblemKind::Policy, error.to_string()).at(comment.place.clone()).help(error.help()));
            }
        }
    }
    exemptions.extend(entries.iter().map(|entry| Exemption {
        by: ExemptedBy::Config,
        place: entry.place.clone(),
        reason: entry.reason.clone(),
        until: entry.until,
        rules: entry.rules.clone(),
        scope: ExemptionScope::Entry(Box::new(entry.clone())),
        used: BTreeSet::new(),
    }));
    // To search in the list for each finding took more than 120 s for 200,000 comments.
    let index = Index::new(&exemptions, today);
    (Exemptions { list: exemptions, index, today, left: MOST_COMPARISONS }, problems)
}

impl Exemptions {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The exemption that covers one instance of a finding today; it is noted as used. `facts`: the instance's key.
    pub(super) fn find(
        &mut self,
        finding: &Finding,
        instance: &FindingInstance,
        facts: Option<&KeyFacts>,
        around: ExemptionContext<'_>,
    ) -> Option<&Exemption> {
        let at = self.comment(finding, instance, facts, around).or_else(|| self.entry(finding, instance, facts, around))?;
        let found = self.list.get_mut(at)?;
        found.used.insert(finding.rule);
        Some(found)
    }

    /// The first comment that covers it. Comments precede the config file's entries in the list.
    fn comment(
        &self,
        finding: &Finding,
        instance: &FindingInstance,
        facts: Option<&KeyFacts>,
        around: ExemptionContext<'_>,
    ) -> Option<usize> {
        let (index, rule) = (&self.index, finding.rule);
        let places = [&finding.place, &instance.used];
        let on_line = places.into_iter().filter_map(|place| {
            let span = place.span()?;
            let line = around.sources.get(span.source).line_index(span.start as usize);
            index.on_line(span.source, line, rule)
        });
        let blocks = facts.into_iter().flat_map(|key| key.declared.block.iter().chain([&key.place])).chain(places);
        let calls = facts.into_iter().flat_map(|key| key.declared.calls.iter().map(|call| &call.header)).chain([&finding.place]);
        let in_block = blocks.filter_map(|place| index.around(place, rule));
        on_line.chain(in_block).chain(calls.filter_map(|header| index.at_call(header, rule))).min()
    }

    /// The first entry of the config file that covers it.
    fn entry(
        &mut self,
        finding: &Finding,
        instance: &FindingInstance,
        facts: Option<&KeyFacts>,
        around: ExemptionContext<'_>,
    ) -> Option<usize> {
        if !self.index.has_entries() || self.left == 0 {
            return None;
        }
        let mut texts = vec![(Selector::Address, instance.key.address.clone())];
        for place in [&finding.place, &instance.used].into_iter().chain(facts.map(|key| &key.place)) {
            let path = (around.paths.place)(place);
            texts.extend(below(&path, around.config_directory).map(|below| (Selector::Path, below.to_owned())));
            texts.push((Selector::Path, path));
        }
        if let Some(key) = facts {
            texts.extend(key.display_name.value().map(|name| (Selector::Name, name.clone())));
            texts.extend(key.compartment.value().map(|ocid| (Selector::Compartment, ocid.clone())));
            texts.extend(key.ocid.as_ref().map(|ocid| (Selector::Key, ocid.clone())));
            texts.extend(tags(key).map(|tag| (Selector::Tag, tag)));
        }
        let candidates = self.index.entries(&texts);
        // To look them up costs something, too.
        self.left = self.left.saturating_sub(candidates.len());
        let subject = ExemptionSubject { finding, instance, facts, around };
        for at in candidates {
            let Some(Exemption { rules, scope: ExemptionScope::Entry(entry), .. }) = self.list.get(at) else { continue };
            if !rules.contains(&finding.rule) {
                continue;
            }
            match entry.covers(&subject, &mut self.left) {
                Some(true) => return Some(at),
                Some(false) => {}
                None => {
                    self.left = 0;
                    return None;
                }
            }
        }
        None
    }

    /// What kept an exemption from being looked for, if anything did.
    pub(super) fn problem(&self) -> Option<Problem> {
        let place = self.list.iter().find(|one| matches!(one.scope, ExemptionScope::Entry(_))).map(|one| one.place.clone())?;
        let message =
            format!("the `[[exempt]]` entries need more than {MOST_COMPARISONS} comparisons of characters; the rest was not made");
        let problem = Problem::new(ProblemKind::Policy, message).at(place);
        (self.left == 0).then(|| problem.help("Begin patterns with the part that is always the same instead of with a wildcard."))
    }

    /// What is reported of the exemptions themselves: expired or unused ones. `is_checked`: whether a rule was asked at all.
    pub(super) fn notices(&self, is_checked: impl Fn(&str) -> bool) -> Vec<Notice> {
        let mut notices = Vec::new();
        for exemption in &self.list {
            if let Some(until) = exemption.until.filter(|_| !exemption.is_in_force(self.today)) {
                let message = format!("exemption for {} expired on {until}", named(&exemption.rules));
                notices.push(Notice { kind: "expired-exemption", message, place: Some(exemption.place.clone()) });
                continue;
            }
            let is_unused = |rule: &&str| !exemption.used.contains(rule) && is_checked(rule);
            let unused: Vec<&str> = exemption.rules.iter().copied().filter(is_unused).collect();
            if !unused.is_empty() {
                let message = format!("unused exemption for {}; remove it", named(&unused));
                notices.push(Notice { kind: "unused-exemption", message, place: Some(exemption.place.clone()) });
            }
        }
        notices
    }
}

/// What an entry may cover: an instance of a finding, and its key.
struct ExemptionSubject<'a> {
    finding: &'a Finding,
    instance: &'a FindingInstance,
    facts: Option<&'a KeyFacts>,
    around: ExemptionContext<'a>,
}

impl ExemptEntry {
    /// Whether everything that it selects by fits; `None` where there are not enough comparisons left to find out.
    fn covers(&self, subject: &ExemptionSubject<'_>, left: &mut usize) -> Option<bool> {
        let ExemptionSubject { finding, instance, facts, around } = *subject;
        let known = facts.map(|key| (key.display_name.value(), key.compartment.value(), key.ocid.as_ref()));
        let (name, compartment, ocid) = known.unwrap_or_default();
        let single =
            [(&self.address, Some(&instance.key.address)), (&self.name, name), (&self.compartment, compartment), (&self.key, ocid)];
        for (pattern, value) in single {
            let Some(pattern) = pattern else { continue };
            let Some(value) = value else { return Some(false) };
            if !matches_within(pattern, value, left)? {
                return Some(false);
            }
        }
        if let Some(pattern) = &self.path {
            let places = [&finding.place, &instance.used].into_iter().chain(facts.map(|key| &key.place));
            if !any(places, |place| Self::is_at(pattern, &(around.paths.place)(place), around.config_directory, left))? {
                return Some(false);
            }
        }
        let Some(pattern) = &self.tag else { return Some(true) };
        any(facts.into_iter().flat_map(tags), |tag| matches_within(pattern, &tag, left))
    }

    /// A path is named from the repository's root or from the config file's directory.
    fn is_at(pattern: &str, path: &str, config_directory: &str, left: &mut usize) -> Option<bool> {
        any(std::iter::once(path).chain(below(path, config_directory)), |path| matches_within(pattern, path, left))
    }
}

/// Whether something holds of any of these; `None` where that could not be found out.
fn any<T>(all: impl IntoIterator<Item = T>, mut holds: impl FnMut(T) -> Option<bool>) -> Option<bool> {
    for one in all {
        if holds(one)? {
            return Some(true);
        }
    }
    Some(false)
}

/// A path as it is named from the config file's directory, where it lies in it.
fn below<'p>(path: &'p str, config_directory: &str) -> Option<&'p str> {
    path.strip_prefix(config_directory).map(|rest| rest.trim_start_matches('/'))
}

/// A key's tags, as selectors name them.
fn tags(key: &KeyFacts) -> impl Iterator<Item = String> {
    key.freeform_tags.iter().chain(&key.defined_tags).map(|(tag, value)| format!("{tag}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{InputKind, KeyId};
    use crate::rules;

    #[test]
    fn patterns_that_need_too_many_comparisons_cover_nothing_and_are_a_problem() {
        let place = || Place::File("kmslint.toml".into());
        let entry = ExemptEntry {
            rules: vec!["OCI-KMS-004"],
            address: Some("*.k".to_owned()),
            path: None,
            name: None,
            compartment: None,
            key: None,
            tag: None,
            reason: "accepted".to_owned(),
            until: None,
            place: place(),
        };
        let path = |_: &Place| "main.tf".to_owned();
        let paths = Paths { place: &path, root: &str::to_owned, address: &|_| None };
        let (sources, today) = (Sources::default(), Date::constant(2026, 1, 1));
        let key = KeyId { root: ".".into(), inputs: None, address: "oci_kms_key.k".to_owned(), input: InputKind::Hcl };
        let instance = FindingInstance {
            key,
            name: None,
            fingerprints: Default::default(),
            used: Place::File("main.tf".into()),
            wording: 0,
            names_root: false,
        };
        let finding = rules::plain("OCI-KMS-004", "violation", rules::Kind::ModuleNotFollowed, String::new(), place());
        let covers = |left: usize| {
            let (exemptions, _) = gather(&[], std::slice::from_ref(&entry), today);
            let mut exemptions = Exemptions { left, ..exemptions };
            let around = ExemptionContext { sources: &sources, paths: &paths, config_directory: "" };
            let is_covered = exemptions.find(&finding, &instance, None, around).is_some();
            (is_covered, exemptions.problem().map(|problem| problem.message))
        };
        assert_eq!(covers(1000), (true, None));
        let (is_covered, problem) = covers(10);
        assert!(!is_covered && problem.as_deref().is_some_and(|message| message.contains("comparisons of characters")), "{problem:?}");
    }
}
