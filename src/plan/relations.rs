//! Relations between keys and other resources: key versions, schedules for new versions, certificate authorities.

use super::items::DocumentResource;
use super::named::PositionsByName;
use super::resolve::{Resolver, reference_matches};
use super::schedule;
use super::times;
use super::values::ValueAt;
use crate::base::{Address, Reason};
use crate::key::{CaUse, KeyFacts, KeyVersion, PlannedAction, kinds};
use std::collections::HashMap;
use std::sync::Arc;

/// Adds versions and authorities to their keys. `current`: the OCID of each key's current version. `limit`: the longest rotation
/// period that counts, in days.
pub(super) fn relate(
    file: &Arc<str>,
    keys: &mut [Box<KeyFacts>],
    current: &[Option<String>],
    items: &[DocumentResource],
    resolver: Option<&Resolver>,
    limit: i64,
) {
    let uses = |item: &DocumentResource| item.is_managed(kinds::KEY_VERSION) || item.is_managed(kinds::AUTHORITY);
    if !items.iter().any(uses) {
        return;
    }
    let index = KeyNameIndex::of(keys);
    let staying = |item: &&DocumentResource| !matches!(item.planned_action, PlannedAction::Delete | PlannedAction::Forget);
    let rotating = items.iter().filter(staying).filter(|item| item.is_managed("time_rotating"));
    let drivers: Vec<&Address> = rotating.filter(|item| schedule::is_within(item, limit)).filter_map(|item| item.parsed.as_ref()).collect();
    let mut version_doubts = Doubts::default();
    for item in items.iter().filter(staying).filter(|item| item.is_managed(kinds::KEY_VERSION)) {
        match index.used_keys(keys, item, "key_id", resolver) {
            UsedKeys::Known(found) => {
                for at in found {
                    let Some(key) = keys.get_mut(at) else { continue };
                    let doubt = resolver.and_then(|resolver| schedule::doubt(item, key.address.as_ref(), &drivers, resolver));
                    key.schedules_unsure = key.schedules_unsure.take().or_else(|| doubt.map(Reason::from));
                    key.versions.push(version(file, item, current.get(at).and_then(Option::as_deref)));
                }
            }
            UsedKeys::Possible(references) => {
                if let Some(doubt) = resolver.and_then(|resolver| schedule::doubt(item, None, &drivers, resolver)) {
                    version_doubts.add(references, || format!("{doubt}; the plan does not show which key it is a version of").into());
                }
            }
        }
    }
    let mut authority_doubts = Doubts::default();
    for item in items.iter().filter(staying).filter(|item| item.is_managed(kinds::AUTHORITY)) {
        match index.used_keys(keys, item, "kms_key_id", resolver) {
            UsedKeys::Known(found) => {
                for at in found {
                    let Some(key) = keys.get_mut(at) else { continue };
                    key.authorities.push(CaUse { id: item.address.clone(), place: Some(item.position.place(file, &item.pointer)) });
                }
            }
            UsedKeys::Possible(references) => authority_doubts.add(references, || {
                format!("a plan does not show which key `{}` uses; pass the sources with `--source`", item.address).into()
            }),
        }
    }
    // An OCID identifies one key. If more entries share it than are processed, the answers for them are not reliable.
    let crowded = index.ocids.values().filter(|same| same.len() > MAX_DISTINCT);
    for (at, count) in crowded.flat_map(|same| same.iter().map(|at| (*at, same.len()))) {
        if let Some(key) = keys.get_mut(at) {
            let why = Reason::from(format!("{count} entries have the OCID of this key"));
            key.schedules_unsure.get_or_insert_with(|| why.clone());
            key.authorities_unsure.get_or_insert(why);
        }
    }
    for key in keys {
        key.times.current_version =
            key.versions.iter().find(|version| version.is_current == Some(true)).and_then(|version| version.time_created);
        key.schedules_unsure = key.schedules_unsure.take().or_else(|| version_doubts.of(key));
        key.authorities_unsure = key.authorities_unsure.take().or_else(|| authority_doubts.of(key));
    }
}

/// The keys that a resource uses.
enum UsedKeys {
    /// These keys, as indexes.
    Known(Vec<usize>),
    /// Any key that these addresses match; without addresses, any key at all.
    Possible(Option<Vec<Address>>),
}

/// Keys by OCID and address, which other resources refer to them by.
struct KeyNameIndex {
    ocids: HashMap<String, Vec<usize>>,
    named: PositionsByName,
}

impl KeyNameIndex {
    fn of(keys: &[Box<KeyFacts>]) -> Self {
        let mut ocids: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, key) in keys.iter().enumerate() {
            if let Some(ocid) = &key.ocid {
                ocids.entry(ocid.clone()).or_default().push(at);
            }
        }
        Self { ocids, named: PositionsByName::new(keys.iter().enumerate().filter_map(|(at, key)| Some((at, key.address.as_ref()?)))) }
    }

    /// The keys that an argument of a resource refers to.
    fn used_keys(&self, keys: &[Box<KeyFacts>], item: &DocumentResource, argument: &str, resolver: Option<&Resolver>) -> UsedKeys {
        if let Some(id) = item.values.text(&[argument]) {
            let same = self.ocids.get(id).map(Vec::as_slice).unwrap_or_default();
            return UsedKeys::Known(same.get(..same.len().min(MAX_DISTINCT)).unwrap_or_default().to_vec());
        }
        let (Some(resolver), ValueAt::Unknown { .. }) = (resolver, item.values.at(&[argument])) else { return UsedKeys::Known(Vec::new()) };
        let Some(reachable) = resolver.reachable(item, argument, kinds::KEY).filter(|reachable| reachable.blocked.is_none()) else {
            return UsedKeys::Possible(None);
        };
        let references: Vec<Address> = reachable.found.into_iter().filter(|reference| !reference.data).collect();
        // `oci_kms_key.k[each.key]`: the instance of the same key.
        if let ([reference], true, Some(own)) =
            (references.as_slice(), reachable.uses_own_key && reachable.decided_by.is_none(), &item.parsed)
        {
            let same = Address { modules: own.modules.clone(), key: own.key.clone(), ..reference.clone() };
            if let Some(at) = self.named.exact(&same).filter(|_| reference_matches(reference, &same)) {
                return UsedKeys::Known(vec![at]);
            }
        }
        // An unknown OCID cannot be that of an existing key: it comes from something else.
        let is_new = |at: &usize| keys.get(*at).is_some_and(|key| key.ocid.is_none());
        match references.as_slice() {
            [] => UsedKeys::Known(Vec::new()),
            [one] if reachable.decided_by.is_none() => match self.named.matching(one, 2).unwrap_or_default().as_slice() {
                [at] if is_new(at) => UsedKeys::Known(vec![*at]),
                _ => UsedKeys::Possible(Some(references)),
            },
            _ => UsedKeys::Possible(Some(references)),
        }
    }
}

/// Reasons for doubt about keys that cannot be identified one by one.
#[derive(Default)]
struct Doubts {
    all: Option<Reason>,
    blocks: HashMap<String, Vec<(Address, Reason)>>,
}

/// How many different references to one block, and how many keys with one OCID, are distinguished.
const MAX_DISTINCT: usize = 16;

impl Doubts {
    fn add(&mut self, references: Option<Vec<Address>>, why: impl FnOnce() -> Reason) {
        let Some(references) = references else {
            self.all.get_or_insert_with(why);
            return;
        };
        let why = why();
        for reference in references {
            let block = reference.without_keys();
            let known = self.blocks.entry(block.to_string()).or_default();
            if known.len() < MAX_DISTINCT && !known.iter().any(|(other, _)| *other == reference) {
                known.push((reference, why.clone()));
            } else if known.len() == MAX_DISTINCT {
                // One reference to all instances covers the rest.
                known.push((any_instance(block), why.clone()));
            }
        }
    }

    fn of(&self, key: &KeyFacts) -> Option<Reason> {
        if matches!(key.planned_action, PlannedAction::Delete | PlannedAction::Forget) {
            return None;
        }
        let address = key.address.as_ref();
        let named = address.and_then(|address| {
            let known = self.blocks.get(&address.without_keys().to_string())?;
            known.iter().find(|(reference, _)| reference_matches(reference, address)).map(|(_, why)| why.clone())
        });
        named.or_else(|| self.all.clone())
    }
}

/// The reference to every instance of a block.
fn any_instance(mut block: Address) -> Address {
    block.key = Some(crate::base::InstanceKey::Any);
    for step in Arc::make_mut(&mut block.modules) {
        step.key = Some(crate::base::InstanceKey::Any);
    }
    block
}

fn version(file: &Arc<str>, item: &DocumentResource, current: Option<&str>) -> KeyVersion {
    let id = item.values.text(&["key_version_id"]);
    let flag = |name: &str| match item.values.at(&[name]) {
        ValueAt::Value { node, .. } => Some(node.is_true()),
        _ => None,
    };
    KeyVersion {
        id: item.address.clone(),
        place: Some(item.position.place(file, &item.pointer)),
        time_created: item.values.text(&["time_created"]).and_then(times::read),
        is_current: id.zip(current).map(|(id, current)| id == current),
        is_auto_rotated: flag("is_auto_rotated"),
    }
}
