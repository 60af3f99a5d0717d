//! What is known of a module by its references alone, and kept with it for all who call it. [`super::cycles`] finds it.

use crate::base::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// A cycle, the same for all of its members.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// What is wrong, as a clause.
    pub message: String,
    /// The first reference that is part of it.
    pub span: Span,
}

/// What is known of a module by its references alone.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// What is in a cycle, by the name by which it is referred to: `oci_kms_key.k`, `module.m`.
    pub(super) cycles: HashMap<String, Arc<Cycle>>,
    /// The variables that each output depends on.
    pub(super) outputs: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Order {
    /// The cycle that something is in, by the name by which it is referred to.
    pub(crate) fn cycle(&self, name: &str) -> Option<&Cycle> {
        self.cycles.get(name).map(Arc::as_ref)
    }
}

/// The order that was found last, with what was known of the modules that the calls lead to. Thousands of roots may call one large module,
/// and what they know of the modules below it is the same.
#[derive(Debug, Default)]
pub(crate) struct LastOrder(Mutex<Option<KnownOrder>>);

/// An order, and what was known of the modules below when it was found.
#[derive(Debug)]
struct KnownOrder {
    callees: Vec<Option<Arc<Order>>>,
    order: Arc<Order>,
}

impl LastOrder {
    pub(super) fn of(&self, callees: Vec<Option<Arc<Order>>>, find: impl FnOnce(&[Option<Arc<Order>>]) -> Order) -> Arc<Order> {
        if let Some(known) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let pairs = known.callees.iter().zip(&callees);
            if pairs.map(|(a, b)| (a.as_ref().map(Arc::as_ptr), b.as_ref().map(Arc::as_ptr))).all(|(a, b)| a == b) {
                return Arc::clone(&known.order);
            }
        }
        // Not under the lock: other roots that ask meanwhile find it themselves and need not wait.
        let order = Arc::new(find(&callees));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(KnownOrder { callees, order: Arc::clone(&order) });
        order
    }
}
