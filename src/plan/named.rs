//! Resource instances by their addresses, so that what a reference means is found without asking each of them.

use super::resolve::means;
use crate::base::{Address, InstanceKey};
use std::cell::Cell;
use std::collections::HashMap;

/// How many instances are asked in one document where only asking tells: references to every instance of a module.
const MOST_ASKED: usize = 10_000_000;

/// Positions in a list of instances, in the list's order.
pub(super) struct PositionsByName {
    exact: HashMap<Address, Vec<usize>>,
    /// By the address without the instance's own key.
    resources: HashMap<Address, Vec<usize>>,
    /// By the address without any key.
    blocks: HashMap<Address, Vec<(Address, usize)>>,
    left: Cell<usize>,
}

impl PositionsByName {
    pub(super) fn new<'a>(addresses: impl Iterator<Item = (usize, &'a Address)>) -> Self {
        let mut named = Self { exact: HashMap::new(), resources: HashMap::new(), blocks: HashMap::new(), left: Cell::new(MOST_ASKED) };
        for (at, address) in addresses {
            named.exact.entry(address.clone()).or_default().push(at);
            if address.key.is_some() {
                named.resources.entry(Address { key: None, ..address.clone() }).or_default().push(at);
            }
            // Only in modules with instances is there anything to ask.
            if address.modules.iter().any(|step| step.key.is_some()) {
                named.blocks.entry(address.without_keys()).or_default().push((address.clone(), at));
            }
        }
        named
    }

    /// The instance of exactly this address.
    pub(super) fn exactly(&self, address: &Address) -> Option<usize> {
        self.exact.get(address).and_then(|all| all.last()).copied()
    }

    /// At most `most` instances that a reference means; `None` where that would take too long to find out.
    pub(super) fn meant(&self, reference: &Address, most: usize) -> Option<Vec<usize>> {
        let is_any = |key: &Option<InstanceKey>| *key == Some(InstanceKey::Any);
        if reference.modules.iter().any(|step| is_any(&step.key)) {
            let without = reference.without_keys();
            let (mut found, mut asked) = (Vec::new(), 0);
            for (address, at) in self.blocks.get(&without).into_iter().flatten() {
                if found.len() == most {
                    break;
                }
                asked += 1;
                if means(reference, address) {
                    found.push(*at);
                }
            }
            // A module without instances is meant by a reference to all of them, too.
            if reference.modules.iter().all(|step| step.key.is_none() || is_any(&step.key)) {
                found.extend(self.plain(&without, reference).take(most.saturating_sub(found.len())));
            }
            let left = self.left.get().checked_sub(asked);
            self.left.set(left.unwrap_or(0));
            return left.map(|_| found);
        }
        Some(self.plain(reference, reference).take(most).collect())
    }

    /// The instances in exactly this module that a reference means.
    fn plain<'a>(&'a self, module: &Address, reference: &Address) -> impl Iterator<Item = usize> + use<'a> {
        let own = Address { key: reference.key.clone(), ..module.clone() };
        let bare = Address { key: None, ..own.clone() };
        let is_any = own.key == Some(InstanceKey::Any);
        let exact = self.exact.get(if is_any { &bare } else { &own });
        let others = self.resources.get(&bare).filter(|_| is_any);
        exact.into_iter().chain(others).flatten().copied()
    }
}
