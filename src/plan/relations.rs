//! What other resources do with keys: versions, what may make the next one, certificate authorities.

use super::items::DocumentResource;
use super::named::PositionsByName;
use super::resolve::{Resolver, means};
use super::schedule;
use super::times;
use super::values::ValueAt;
use crate::base::{Address, Reason};
use crate::key::{CaUse, KeyFacts, KeyVersion, PlannedAction, kinds};
use std::collections::HashMap;
use std::sync::Arc;

/// Relates versions and authorities to the keys. `current`: the OCID of the version in use of each key. `limit`: the longest time between rotations
/// that counts, in days.
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
    let mut repeating = UnnamedKeys::default();
    for item in items.iter().filter(staying).filter(|item| item.is_managed(kinds::KEY_VERSION)) {
        match index.users(keys, item, "key_id", resolver) {
            Users::Sure(found) => {
                for at in found {
                    let Some(key) = keys.get_mut(at) else { continue };
                    let doubt = resolver.and_then(|resolver| schedule::doubt(item, key.address.as_ref(), &drivers, resolver));
                    key.schedules_unsure = key.schedules_unsure.take().or_else(|| doubt.map(Reason::from));
                    key.versions.push(version(file, item, current.get(at).and_then(Option::as_deref)));
                }
            }
            Users::Maybe(references) => {
                if let Some(doubt) = resolver.and_then(|resolver| schedule::doubt(item, None, &drivers, resolver)) {
                    repeating.add(references, || format!("{doubt}; the plan does not show which key it is a version of").into());
                }
            }
        }
    }
    let mut using = UnnamedKeys::default();
    for item in items.iter().filter(staying).filter(|item| item.is_managed(kinds::AUTHORITY)) {
        match index.users(keys, item, "kms_key_id", resolver) {
            Users::Sure(found) => {
                for at in found {
                    let Some(key) = keys.get_mut(at) else { continue };
                    key.authorities.push(CaUse { id: item.address.clone(), place: Some(item.position.place(file, &item.pointer)) });
                }
            }
            Users::Maybe(references) => using.add(references, || {
                format!("a plan does not show which key `{}` uses; pass the sources with `--source`", item.address).into()
            }),
        }
    }
    // An OCID names one key. What has more entries than are kept apart is not to be trusted.
    let crowds = index.ocids.values().filter(|same| same.len() > MOST);
    for (at, count) in crowds.flat_map(|same| same.iter().map(|at| (*at, same.len()))) {
        if let Some(key) = keys.get_mut(at) {
            let why = Reason::from(format!("{count} entries have the OCID of this key"));
            key.schedules_unsure.get_or_insert_with(|| why.clone());
            key.authorities_unsure.get_or_insert(why);
        }
    }
    for key in keys {
        key.times.current_version =
            key.versions.iter().find(|version| version.is_current == Some(true)).and_then(|version| version.time_created);
        key.schedules_unsure = key.schedules_unsure.take().or_else(|| repeating.of(key));
        key.authorities_unsure = key.authorities_unsure.take().or_else(|| using.of(key));
    }
}

/// The keys that a resource uses.
enum Users {
    /// Positions of keys.
    Sure(Vec<usize>),
    /// Any of what these addresses mean; without addresses any key at all.
    Maybe(Option<Vec<Address>>),
}

/// Keys by what others name them with.
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

    /// The keys that an argument of a resource means.
    fn users(&self, keys: &[Box<KeyFacts>], item: &DocumentResource, argument: &str, resolver: Option<&Resolver>) -> Users {
        if let Some(id) = item.values.text(&[argument]) {
            let same = self.ocids.get(id).map(Vec::as_slice).unwrap_or_default();
            return Users::Sure(same.get(..same.len().min(MOST)).unwrap_or_default().to_vec());
        }
        let (Some(resolver), ValueAt::Unknown { .. }) = (resolver, item.values.cell(&[argument])) else { return Users::Sure(Vec::new()) };
        let Some(reachable) = resolver.reachable(item, argument, kinds::KEY).filter(|reachable| reachable.blocked.is_none()) else {
            return Users::Maybe(None);
        };
        let references: Vec<Address> = reachable.found.into_iter().filter(|reference| !reference.data).collect();
        // `oci_kms_key.k[each.key]`: the instance of the same key.
        if let ([reference], true, Some(own)) =
            (references.as_slice(), reachable.by_own_key && reachable.decided_by.is_none(), &item.parsed)
        {
            let same = Address { modules: own.modules.clone(), key: own.key.clone(), ..reference.clone() };
            if let Some(at) = self.named.exactly(&same).filter(|_| means(reference, &same)) {
                return Users::Sure(vec![at]);
            }
        }
        // What is unknown although each key is known comes from somewhere else.
        let is_new = |at: &usize| keys.get(*at).is_some_and(|key| key.ocid.is_none());
        match references.as_slice() {
            [] => Users::Sure(Vec::new()),
            [one] if reachable.decided_by.is_none() => match self.named.meant(one, 2).unwrap_or_default().as_slice() {
                [at] if is_new(at) => Users::Sure(vec![*at]),
                _ => Users::Maybe(Some(references)),
            },
            _ => Users::Maybe(Some(references)),
        }
    }
}

/// Why something may concern keys that cannot be named one by one.
#[derive(Default)]
struct UnnamedKeys {
    all: Option<Reason>,
    blocks: HashMap<String, Vec<(Address, Reason)>>,
}

/// How many different references to one block, and how many keys with one OCID, are kept apart.
const MOST: usize = 16;

impl UnnamedKeys {
    fn add(&mut self, references: Option<Vec<Address>>, why: impl FnOnce() -> Reason) {
        let Some(references) = references else {
            self.all.get_or_insert_with(why);
            return;
        };
        let why = why();
        for reference in references {
            let block = reference.without_keys();
            let known = self.blocks.entry(block.to_string()).or_default();
            if known.len() < MOST && !known.iter().any(|(other, _)| *other == reference) {
                known.push((reference, why.clone()));
            } else if known.len() == MOST {
                // One for all of them.
                known.push((any(block), why.clone()));
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
            known.iter().find(|(reference, _)| means(reference, address)).map(|(_, why)| why.clone())
        });
        named.or_else(|| self.all.clone())
    }
}

/// Every instance of a block.
fn any(mut block: Address) -> Address {
    block.key = Some(crate::base::InstanceKey::Any);
    for step in Arc::make_mut(&mut block.modules) {
        step.key = Some(crate::base::InstanceKey::Any);
    }
    block
}

fn version(file: &Arc<str>, item: &DocumentResource, current: Option<&str>) -> KeyVersion {
    let id = item.values.text(&["key_version_id"]);
    let flag = |name: &str| match item.values.cell(&[name]) {
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
