//! Pairs declared keys with live ones. Many keys may share a name, so nothing here compares all pairs of keys.

use super::location::{KeyLocation, is_ending};
use crate::key::KeyFacts;
use std::collections::{BTreeMap, BTreeSet};

/// The live key of a declared one.
pub(super) enum Pair<'a> {
    /// The live key with this index.
    With(usize),
    /// No live key has the OCID of the declared one.
    Gone(&'a str),
    /// One of several live keys.
    OneOf {
        /// How many there are.
        count: usize,
        /// Some of them.
        examples: Vec<usize>,
    },
    /// The live key with this index, but other declared keys match it as well.
    Shared(usize),
    /// No live key matches: it may not exist yet.
    None,
}

pub(super) struct Pairing<'a> {
    /// For each declared key.
    pub pairs: Vec<Pair<'a>>,
    /// The live keys that match a declared key.
    pub taken: BTreeSet<usize>,
}

/// How many of the live keys with the same name a report lists. Listing all of them for each would be quadratic.
const MAX_EXAMPLES: usize = 10;

impl<'a> Pairing<'a> {
    pub(super) fn new(live: &[&'a KeyFacts], declared: &[&'a KeyFacts]) -> Self {
        let by_ocid: BTreeMap<&str, usize> =
            live.iter().enumerate().filter_map(|(index, key)| Some((key.ocid.as_deref()?, index))).collect();
        let ocids_by_address = OcidsByAddress::new(declared);
        let ocids: Vec<Option<&'a str>> = declared.iter().map(|key| ocids_by_address.ocid(key)).collect();
        let mut taken: BTreeSet<usize> = ocids.iter().filter_map(|ocid| by_ocid.get((*ocid)?).copied()).collect();
        let groups = LiveByTraits::new(live, &taken);
        // The addresses of the declared keys that match each group.
        let mut wanted: BTreeMap<PairingTraits<'_>, BTreeSet<&str>> = BTreeMap::new();
        for (key, _) in declared.iter().zip(&ocids).filter(|(_, ocid)| ocid.is_none()) {
            if let Some(group) = PairingTraits::wanted(key) {
                let _new = wanted.entry(group).or_default().insert(&key.id.address);
            }
        }
        for group in wanted.keys() {
            taken.extend(groups.members(group));
        }
        let is_shared = |index: usize| {
            let groups = live.get(index).into_iter().flat_map(|key| PairingTraits::offered(key));
            let mut addresses = groups.filter_map(|group| wanted.get(&group)).flatten();
            let first = addresses.next();
            addresses.any(|address| Some(address) != first)
        };
        let pair = |key: &&'a KeyFacts, ocid: &Option<&'a str>| {
            if let Some(ocid) = ocid {
                return by_ocid.get(ocid).map_or(Pair::Gone(ocid), |index| Pair::With(*index));
            }
            match PairingTraits::wanted(key).map_or(&[][..], |group| groups.members(&group)) {
                [] => Pair::None,
                [one] if is_shared(*one) => Pair::Shared(*one),
                [one] => Pair::With(*one),
                several => Pair::OneOf { count: several.len(), examples: several.iter().take(MAX_EXAMPLES).copied().collect() },
            }
        };
        let pairs = declared.iter().zip(&ocids).map(|(key, ocid)| pair(key, ocid)).collect();
        Self { pairs, taken }
    }
}

/// OCIDs by address: a state or plan passed with the configuration has the OCID of an address.
struct OcidsByAddress<'a>(BTreeMap<&'a str, Option<&'a str>>);

impl<'a> OcidsByAddress<'a> {
    fn new(declared: &[&'a KeyFacts]) -> Self {
        let mut of: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for key in declared {
            let Some(ocid) = key.ocid.as_deref() else { continue };
            // Two roots may use the same address for different keys: then it has no OCID.
            of.entry(&key.id.address).and_modify(|known| *known = known.filter(|known| *known == ocid)).or_insert(Some(ocid));
        }
        let mut roots: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for key in declared.iter().filter(|key| key.ocid.is_none()) {
            roots.entry(&key.id.address).or_default().insert(&key.id.root);
        }
        // If several roots have the address in configuration, it is unknown which one the OCID belongs to.
        of.retain(|address, _| roots.get(address).is_none_or(|roots| roots.len() == 1));
        Self(of)
    }

    fn ocid(&self, key: &'a KeyFacts) -> Option<&'a str> {
        key.ocid.as_deref().or_else(|| self.0.get(key.id.address.as_str()).copied().flatten())
    }
}

/// The traits by which a declared key without an OCID is paired with a live key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct PairingTraits<'a> {
    name: &'a str,
    location: KeyLocation<'a>,
}

impl<'a> PairingTraits<'a> {
    /// The traits of a declared key. A name alone is not enough.
    fn wanted(key: &'a KeyFacts) -> Option<Self> {
        let group = Self { name: key.display_name.value()?, location: KeyLocation::of(key) };
        group.location.is_known().then_some(group)
    }

    /// The traits of all declared keys that a live key matches.
    fn offered(key: &'a KeyFacts) -> impl Iterator<Item = Self> {
        let homes: BTreeSet<KeyLocation<'_>> =
            KeyLocation::of(key).generalizations().into_iter().filter(|location| location.is_known()).collect();
        key.display_name.value().into_iter().flat_map(move |name| homes.clone().into_iter().map(move |location| Self { name, location }))
    }
}

/// Live keys by the traits that they match.
struct LiveByTraits<'a>(BTreeMap<PairingTraits<'a>, Vec<usize>>);

impl<'a> LiveByTraits<'a> {
    /// Groups the keys that are not taken. A key that is deleted or pending deletion is ignored if another key has the same name.
    fn new(live: &[&'a KeyFacts], taken: &BTreeSet<usize>) -> Self {
        let free = || live.iter().enumerate().filter(|(index, _)| !taken.contains(index));
        // Terraform replaces a key by one of the same name, and the old one stays listed for 7 to 30 days.
        let staying: BTreeSet<&str> =
            free().filter(|(_, key)| !is_ending(key)).filter_map(|(_, key)| key.display_name.value()).map(String::as_str).collect();
        let mut groups: BTreeMap<PairingTraits<'_>, Vec<usize>> = BTreeMap::new();
        for (index, key) in free() {
            let is_superseded = is_ending(key) && key.display_name.value().is_some_and(|name| staying.contains(name.as_str()));
            for group in PairingTraits::offered(key).filter(|_| !is_superseded) {
                groups.entry(group).or_default().push(index);
            }
        }
        Self(groups)
    }

    fn members(&self, group: &PairingTraits<'a>) -> &[usize] {
        self.0.get(group).map_or(&[], Vec::as_slice)
    }
}
