//! Which key of the service a declared one is. Many keys may share a name, so nothing here compares keys two by two.

use super::home::{Home, is_ending};
use crate::key::KeyFacts;
use std::collections::{BTreeMap, BTreeSet};

/// Which live key a declared one is.
pub(super) enum Pair<'a> {
    /// This one.
    With(usize),
    /// It had this OCID, and no live key has it.
    Gone(&'a str),
    /// One of several.
    OneOf {
        /// How many there are.
        count: usize,
        /// Some of them.
        examples: Vec<usize>,
    },
    /// This one, which other declared keys may be as well.
    Shared(usize),
    /// It may not exist yet.
    None,
}

pub(super) struct Pairing<'a> {
    /// For each declared key.
    pub pairs: Vec<Pair<'a>>,
    /// Live keys that some declared key is, or may be.
    pub taken: BTreeSet<usize>,
}

/// How many of the keys that a declared one may be are named. Every one of many namesakes may be every one of the others.
const EXAMPLES: usize = 10;

impl<'a> Pairing<'a> {
    pub(super) fn new(live: &[&'a KeyFacts], declared: &[&'a KeyFacts]) -> Self {
        let by_ocid: BTreeMap<&str, usize> =
            live.iter().enumerate().filter_map(|(index, key)| Some((key.ocid.as_deref()?, index))).collect();
        let applied = Applied::new(declared);
        let ocids: Vec<Option<&'a str>> = declared.iter().map(|key| applied.ocid(key)).collect();
        let mut taken: BTreeSet<usize> = ocids.iter().filter_map(|ocid| by_ocid.get((*ocid)?).copied()).collect();
        let groups = LiveByTraits::new(live, &taken);
        // The addresses that want a group's keys.
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
                several => Pair::OneOf { count: several.len(), examples: several.iter().take(EXAMPLES).copied().collect() },
            }
        };
        let pairs = declared.iter().zip(&ocids).map(|(key, ocid)| pair(key, ocid)).collect();
        Self { pairs, taken }
    }
}

/// OCIDs of addresses: a state or plan next to the configuration says which key an address became.
struct Applied<'a>(BTreeMap<&'a str, Option<&'a str>>);

impl<'a> Applied<'a> {
    fn new(declared: &[&'a KeyFacts]) -> Self {
        let mut of: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for key in declared {
            let Some(ocid) = key.ocid.as_deref() else { continue };
            // Two roots may have the same address for two keys; then it names neither.
            of.entry(&key.id.address).and_modify(|known| *known = known.filter(|known| *known == ocid)).or_insert(Some(ocid));
        }
        let mut roots: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for key in declared.iter().filter(|key| key.ocid.is_none()) {
            roots.entry(&key.id.address).or_default().insert(&key.id.root);
        }
        // Configuration of several roots has this address: which of them the OCID is of is unknown.
        of.retain(|address, _| roots.get(address).is_none_or(|roots| roots.len() == 1));
        Self(of)
    }

    fn ocid(&self, key: &'a KeyFacts) -> Option<&'a str> {
        key.ocid.as_deref().or_else(|| self.0.get(key.id.address.as_str()).copied().flatten())
    }
}

/// What a declared key without an OCID and the live key that it is have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct PairingTraits<'a> {
    name: &'a str,
    home: Home<'a>,
}

impl<'a> PairingTraits<'a> {
    /// What a declared key asks for. A name alone proves nothing.
    fn wanted(key: &'a KeyFacts) -> Option<Self> {
        let group = Self { name: key.display_name.value()?, home: Home::of(key) };
        group.home.is_known().then_some(group)
    }

    /// All that may ask for a live key.
    fn offered(key: &'a KeyFacts) -> impl Iterator<Item = Self> {
        let homes: BTreeSet<Home<'_>> = Home::of(key).as_far_as_known().into_iter().filter(|home| home.is_known()).collect();
        key.display_name.value().into_iter().flat_map(move |name| homes.clone().into_iter().map(move |home| Self { name, home }))
    }
}

/// Live keys by what may ask for them.
struct LiveByTraits<'a>(BTreeMap<PairingTraits<'a>, Vec<usize>>);

impl<'a> LiveByTraits<'a> {
    /// Groups the keys that are not taken. A key that is going makes way for its namesake that stays.
    fn new(live: &[&'a KeyFacts], taken: &BTreeSet<usize>) -> Self {
        let free = || live.iter().enumerate().filter(|(index, _)| !taken.contains(index));
        // Terraform replaces a key by one of the same name, and the old one stays listed for 7 to 30 days.
        let staying: BTreeSet<&str> =
            free().filter(|(_, key)| !is_ending(key)).filter_map(|(_, key)| key.display_name.value()).map(String::as_str).collect();
        let mut groups: BTreeMap<PairingTraits<'_>, Vec<usize>> = BTreeMap::new();
        for (index, key) in free() {
            let makes_way = is_ending(key) && key.display_name.value().is_some_and(|name| staying.contains(name.as_str()));
            for group in PairingTraits::offered(key).filter(|_| !makes_way) {
                groups.entry(group).or_default().push(index);
            }
        }
        Self(groups)
    }

    fn members(&self, group: &PairingTraits<'a>) -> &[usize] {
        self.0.get(group).map_or(&[], Vec::as_slice)
    }
}
