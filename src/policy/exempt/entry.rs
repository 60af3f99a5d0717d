//! One exemption: who accepts what, until when, and why.

use crate::base::Place;
use crate::key::Covers;
use crate::policy::outcome::ExemptedBy;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// An `[[exempt]]` entry of the config file. All given selectors must match; `*` and `?` are wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemptEntry {
    /// The rules' ids.
    pub rules: Vec<&'static str>,
    /// The address; the OCID if the key has no address.
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
    /// The last day on which it applies.
    pub until: Option<Date>,
    /// Where the entry is.
    pub place: Place,
}

/// One exemption, from a comment or the config file.
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
    /// Whether it applies on a day; `until` is the last one.
    pub(super) fn is_in_force(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }
}

impl ExemptEntry {
    /// The given selectors, the most selective first.
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

/// The selectors of an entry, the most selective first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Selector {
    Key,
    Address,
    Name,
    Tag,
    Path,
    Compartment,
}

/// Formats rules as a list for a message.
pub(super) fn rule_list(rules: &[&str]) -> String {
    rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ")
}
