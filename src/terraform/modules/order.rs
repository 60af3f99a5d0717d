//! What the references in a module determine without evaluation: its cycles, and what its outputs depend on. [`super::cycles`] computes
//! it; each module caches it for all its callers.

use crate::base::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// A cycle, the same for all of its members.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// What is wrong, as a clause.
    pub message: String,
    /// The first reference of the cycle.
    pub span: Span,
}

/// The cycles of a module, and the variables that its outputs depend on.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// The members of cycles, by the name that references use: `oci_kms_key.k`, `module.m`.
    pub(super) cycles: HashMap<String, Arc<Cycle>>,
    /// The variables that each output depends on.
    pub(super) outputs: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Order {
    /// The cycle that a named object is in.
    pub(crate) fn cycle(&self, name: &str) -> Option<&Cycle> {
        self.cycles.get(name).map(Arc::as_ref)
    }
}

/// The last order computed for a module. Thousands of roots may call one large module, nearly always with the same callees.
#[derive(Debug, Default)]
pub(crate) struct OrderCache(Mutex<Option<CachedOrder>>);

/// An order, and the orders of the called modules from which it was computed.
#[derive(Debug)]
struct CachedOrder {
    callees: Vec<Option<Arc<Order>>>,
    order: Arc<Order>,
}

impl OrderCache {
    pub(super) fn get_or_find(&self, callees: Vec<Option<Arc<Order>>>, find: impl FnOnce(&[Option<Arc<Order>>]) -> Order) -> Arc<Order> {
        if let Some(known) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let pairs = known.callees.iter().zip(&callees);
            if pairs.map(|(a, b)| (a.as_ref().map(Arc::as_ptr), b.as_ref().map(Arc::as_ptr))).all(|(a, b)| a == b) {
                return Arc::clone(&known.order);
            }
        }
        // Not under the lock, so that other roots do not wait; they may compute the same order in the meantime.
        let order = Arc::new(find(&callees));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(CachedOrder { callees, order: Arc::clone(&order) });
        order
    }
}
