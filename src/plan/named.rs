//! Resource instances by address, so that the instances that a reference matches are found without checking all of them.

use super::resolve::reference_matches;
use crate::base::{Address, InstanceKey};
use std::cell::Cell;
use std::collections::HashMap;

/// How many instances are checked one by one in a document, for references to every instance of a module.
const MAX_CHECKED: usize = 10_000_000;

/// Positions in a list of instances, in the list's order.
pub(super) struct PositionsByName {
    exact: HashMap<Address, Vec<usize>>,
    /// By the address without the resource's own instance key.
    resources: HashMap<Address, Vec<usize>>,
    /// By the address without any instance keys.
    blocks: HashMap<Address, Vec<(Address, usize)>>,
    left: Cell<usize>,
}

impl PositionsByName {
    pub(super) fn new<'a>(addresses: impl Iterator<Item = (usize, &'a Address)>) -> Self {
        let mut named = Self { exact: HashMap::new(), resources: HashMap::new(), blocks: HashMap::new(), left: Cell::new(MAX_CHECKED) };
        for (at, address) in addresses {
            named.exact.entry(address.clone()).or_default().push(at);
            if address.key.is_some() {
                named.resources.entry(Address { key: None, ..address.clone() }).or_default().push(at);
            }
            // Only instances in modules with `for_each` or `count` must be checked one by one.
            if address.modules.iter().any(|step| step.key.is_some()) {
                named.blocks.entry(address.without_keys()).or_default().push((address.clone(), at));
            }
        }
        named
    }

    /// The instance with exactly this address.
    pub(super) fn exact(&self, address: &Address) -> Option<usize> {
        self.exact.get(address).and_then(|all| all.last()).copied()
    }

    /// At most `limit` instances that a reference matches; `None` if the budget for checks is used up.
    pub(super) fn matching(&self, reference: &Address, limit: usize) -> Option<Vec<usize>> {
        let is_any = |key: &Option<InstanceKey>| *key == Some(InstanceKey::Any);
        if reference.modules.iter().any(|step| is_any(&step.key)) {
            let without = reference.without_keys();
            let (mut found, mut checked) = (Vec::new(), 0);
            for (address, at) in self.blocks.get(&without).into_iter().flatten() {
                if found.len() == limit {
                    break;
                }
                checked += 1;
                if reference_matches(reference, address) {
                    found.push(*at);
                }
            }
            // A reference to all instances of a module also matches a module that has neither `for_each` nor `count`.
            if reference.modules.iter().all(|step| step.key.is_none() || is_any(&step.key)) {
                found.extend(self.in_module(&without, reference).take(limit.saturating_sub(found.len())));
            }
            let left = self.left.get().checked_sub(checked);
            self.left.set(left.unwrap_or(0));
            return left.map(|_| found);
        }
        Some(self.in_module(reference, reference).take(limit).collect())
    }

    /// The instances in exactly this module that a reference matches.
    fn in_module<'a>(&'a self, module: &Address, reference: &Address) -> impl Iterator<Item = usize> + use<'a> {
        let own = Address { key: reference.key.clone(), ..module.clone() };
        let bare = Address { key: None, ..own.clone() };
        let is_any = own.key == Some(InstanceKey::Any);
        let exact = self.exact.get(if is_any { &bare } else { &own });
        let others = self.resources.get(&bare).filter(|_| is_any);
        exact.into_iter().chain(others).flatten().copied()
    }
}
