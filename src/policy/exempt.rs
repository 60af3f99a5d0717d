//! Exemptions: findings that the user accepts, each with a reason. They are applied in a separate pass after the rules.

pub(super) mod directive;
mod entry;
mod index;

pub use entry::ExemptEntry;

use super::outcome::{ExemptedBy, Notice};
use super::words::matches_within;
use crate::base::{Place, Problem, ProblemKind, Sources};
use crate::key::{Comment, KeyFacts};
use crate::rules::{Finding, FindingInstance, Paths};
use directive::{Directive, parse_directive};
use entry::{Exemption, ExemptionScope, Selector, rule_list};
use index::Index;
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};

/// What matching an exemption needs in addition to the finding.
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
    /// How many more characters of config file patterns may be compared with keys.
    comparisons_left: usize,
}

/// How many characters of patterns are compared with keys in one run. Only patterns that begin with a wildcard come close, for example
/// 1,000 of them with 10,000 keys.
const MAX_COMPARISONS: usize = 400_000_000;

/// Collects the exemptions of the comments and the config file, and the problems with the comments.
pub(super) fn collect(comments: &[Comment], entries: &[ExemptEntry], today: Date) -> (Exemptions, Vec<Problem>) {
    let mut exemptions = Vec::new();
    let mut problems = Vec::new();
    // A module's comments are listed once for each root that calls it.
    let mut seen: HashMap<&Place, Vec<&Comment>> = HashMap::new();
    for comment in comments {
        let same_place = seen.entry(&comment.place).or_default();
        if same_place.contains(&comment) {
            continue;
        }
        same_place.push(comment);
        match parse_directive(&comment.text) {
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
    // Searching the list for each finding took more than 120 s with 200,000 comments.
    let index = Index::new(&exemptions, today);
    (Exemptions { list: exemptions, index, today, comparisons_left: MAX_COMPARISONS }, problems)
}

impl Exemptions {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Finds the exemption that covers one instance of a finding today, and marks it as used. `facts`: the instance's key.
    pub(super) fn find(
        &mut self,
        finding: &Finding,
        instance: &FindingInstance,
        facts: Option<&KeyFacts>,
        context: ExemptionContext<'_>,
    ) -> Option<&Exemption> {
        let comment = self.find_comment(finding, instance, facts, context);
        let at = comment.or_else(|| self.find_entry(finding, instance, facts, context))?;
        let found = self.list.get_mut(at)?;
        found.used.insert(finding.rule);
        Some(found)
    }

    /// The first comment that covers an instance. Comments precede the config file's entries in the list.
    fn find_comment(
        &self,
        finding: &Finding,
        instance: &FindingInstance,
        facts: Option<&KeyFacts>,
        context: ExemptionContext<'_>,
    ) -> Option<usize> {
        let (index, rule) = (&self.index, finding.rule);
        let places = [&finding.place, &instance.used];
        let on_line = places.into_iter().filter_map(|place| {
            let span = place.span()?;
            let line = context.sources.get(span.source).line_index(span.start as usize);
            index.comment_on_line(span.source, line, rule)
        });
        let blocks = facts.into_iter().flat_map(|key| key.declared.block.iter().chain([&key.place])).chain(places);
        let calls = facts.into_iter().flat_map(|key| key.declared.calls.iter().map(|call| &call.header)).chain([&finding.place]);
        let in_block = blocks.filter_map(|place| index.comment_on_block(place, rule));
        on_line.chain(in_block).chain(calls.filter_map(|header| index.comment_on_call(header, rule))).min()
    }

    /// The first entry of the config file that covers an instance.
    fn find_entry(
        &mut self,
        finding: &Finding,
        instance: &FindingInstance,
        facts: Option<&KeyFacts>,
        context: ExemptionContext<'_>,
    ) -> Option<usize> {
        if !self.index.has_entries() || self.comparisons_left == 0 {
            return None;
        }
        let mut texts = vec![(Selector::Address, instance.key.address.clone())];
        for place in [&finding.place, &instance.used].into_iter().chain(facts.map(|key| &key.place)) {
            let path = (context.paths.place)(place);
            texts.extend(relative(&path, context.config_directory).map(|path| (Selector::Path, path.to_owned())));
            texts.push((Selector::Path, path));
        }
        if let Some(key) = facts {
            texts.extend(key.display_name.value().map(|name| (Selector::Name, name.clone())));
            texts.extend(key.compartment.value().map(|ocid| (Selector::Compartment, ocid.clone())));
            texts.extend(key.ocid.as_ref().map(|ocid| (Selector::Key, ocid.clone())));
            texts.extend(tags(key).map(|tag| (Selector::Tag, tag)));
        }
        let candidates = self.index.entries(&texts);
        // Looking them up has a cost, too.
        self.comparisons_left = self.comparisons_left.saturating_sub(candidates.len());
        let subject = ExemptionSubject { finding, instance, facts, context };
        for at in candidates {
            let Some(Exemption { rules, scope: ExemptionScope::Entry(entry), .. }) = self.list.get(at) else { continue };
            if !rules.contains(&finding.rule) {
                continue;
            }
            match entry.covers(&subject, &mut self.comparisons_left) {
                Some(true) => return Some(at),
                Some(false) => {}
                None => {
                    self.comparisons_left = 0;
                    return None;
                }
            }
        }
        None
    }

    /// The problem that the limit of comparisons was reached, if it was.
    pub(super) fn problem(&self) -> Option<Problem> {
        let is_entry = |exemption: &&Exemption| matches!(exemption.scope, ExemptionScope::Entry(_));
        let place = self.list.iter().find(is_entry).map(|exemption| exemption.place.clone())?;
        let message =
            format!("the `[[exempt]]` entries need more than {MAX_COMPARISONS} character comparisons; the remaining ones were skipped");
        let problem = Problem::new(ProblemKind::Policy, message).at(place);
        (self.comparisons_left == 0)
            .then(|| problem.help("Begin patterns with the part that is always the same instead of with a wildcard."))
    }

    /// Notices about the exemptions themselves: expired or unused ones. `is_checked`: whether a rule was checked at all.
    pub(super) fn notices(&self, is_checked: impl Fn(&str) -> bool) -> Vec<Notice> {
        let mut notices = Vec::new();
        for exemption in &self.list {
            if let Some(until) = exemption.until.filter(|_| !exemption.is_in_force(self.today)) {
                let message = format!("exemption for {} expired on {until}", rule_list(&exemption.rules));
                notices.push(Notice { kind: "expired-exemption", message, place: Some(exemption.place.clone()) });
                continue;
            }
            let is_unused = |rule: &&str| !exemption.used.contains(rule) && is_checked(rule);
            let unused: Vec<&str> = exemption.rules.iter().copied().filter(is_unused).collect();
            if !unused.is_empty() {
                let message = format!("unused exemption for {}; remove it", rule_list(&unused));
                notices.push(Notice { kind: "unused-exemption", message, place: Some(exemption.place.clone()) });
            }
        }
        notices
    }
}

/// What an entry is compared with: an instance of a finding, and its key.
struct ExemptionSubject<'a> {
    finding: &'a Finding,
    instance: &'a FindingInstance,
    facts: Option<&'a KeyFacts>,
    context: ExemptionContext<'a>,
}

impl ExemptEntry {
    /// Whether all given selectors match; `None` if there are not enough comparisons left to find out.
    fn covers(&self, subject: &ExemptionSubject<'_>, left: &mut usize) -> Option<bool> {
        let ExemptionSubject { finding, instance, facts, context } = *subject;
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
            if !any(places, |place| Self::is_at(pattern, &(context.paths.place)(place), context.config_directory, left))? {
                return Some(false);
            }
        }
        let Some(pattern) = &self.tag else { return Some(true) };
        any(facts.into_iter().flat_map(tags), |tag| matches_within(pattern, &tag, left))
    }

    /// Whether a pattern matches a path relative to the repository's root or to the config file's directory.
    fn is_at(pattern: &str, path: &str, config_directory: &str, left: &mut usize) -> Option<bool> {
        any(std::iter::once(path).chain(relative(path, config_directory)), |path| matches_within(pattern, path, left))
    }
}

/// Whether a predicate is true for any of these; `None` as soon as the predicate cannot decide.
fn any<T>(all: impl IntoIterator<Item = T>, mut predicate: impl FnMut(T) -> Option<bool>) -> Option<bool> {
    for item in all {
        if predicate(item)? {
            return Some(true);
        }
    }
    Some(false)
}

/// A path relative to the config file's directory, if it is inside.
fn relative<'p>(path: &'p str, config_directory: &str) -> Option<&'p str> {
    path.strip_prefix(config_directory).map(|rest| rest.trim_start_matches('/'))
}

/// A key's tags in the form of selectors.
fn tags(key: &KeyFacts) -> impl Iterator<Item = String> {
    key.freeform_tags.iter().chain(&key.defined_tags).map(|(tag, value)| format!("{tag}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{InputKind, KeyId};
    use crate::rules;

    #[test]
    fn patterns_with_too_many_comparisons_cover_nothing_and_are_a_problem() {
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
        let covers = |comparisons_left: usize| {
            let (exemptions, _) = collect(&[], std::slice::from_ref(&entry), today);
            let mut exemptions = Exemptions { comparisons_left, ..exemptions };
            let context = ExemptionContext { sources: &sources, paths: &paths, config_directory: "" };
            let is_covered = exemptions.find(&finding, &instance, None, context).is_some();
            (is_covered, exemptions.problem().map(|problem| problem.message))
        };
        assert_eq!(covers(1000), (true, None));
        let (is_covered, problem) = covers(10);
        assert!(!is_covered && problem.as_deref().is_some_and(|message| message.contains("character comparisons")), "{problem:?}");
    }
}
