//! One exemption: who accepts what, until when, and why.

use crate::base::Place;
use crate::key::Covers;
use crate::policy::outcome::ExemptedBy;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// An `[[exempt]]` entry of the config file; `*` and `?` are wildcards in its selectors, and all that are given must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemptEntry {
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
pub(in crate::policy) struct Exemption {
    pub(in crate::policy) by: ExemptedBy,
    pub(in crate::policy) place: Place,
    pub(in crate::policy) reason: String,
    pub(in crate::policy) until: Option<Date>,
    pub(super) rules: Vec<&'static str>,
    pub(super) scope: ExemptionScope,
    /// The rules for which it matched something.
    pub(super) used: BTreeSet<&'static str>,
}

/// What an exemption covers.
#[derive(Clone, Debug)]
pub(super) enum ExemptionScope {
    Comment(Covers),
    Entry(Box<ExemptEntry>),
}

impl Exemption {
    /// Whether it holds on a day: `until` is the last.
    pub(super) fn is_in_force(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }
}

impl ExemptEntry {
    /// The selectors that are given, the most selective first.
    pub(super) fn selectors(&self) -> Vec<(Selector, &str)> {
        let all = [
            (Selector::Key, &self.key),
            (Selector::Address, &self.address),
            (Selector::Name, &self.name),
            (Selector::Tag, &self.tag),
            (Selector::Path, &self.path),
            (Selector::Compartment, &self.compartment),
        ];
        all.into_iter().filter_map(|(selector, pattern)| Some((selector, pattern.as_deref()?))).collect()
    }
}

/// What a config entry selects by, the most selective first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Selector {
    Key,
    Address,
    Name,
    Tag,
    Path,
    Compartment,
}

/// Rules as a message names them.
pub(super) fn named(rules: &[&str]) -> String {
    rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ")
}
