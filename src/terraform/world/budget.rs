//! The budget of one root module: its instances and module calls, and the evaluation of its expressions.

use crate::eval::Account;
use std::cell::Cell;
use std::rc::Rc;

/// The maximum number of instances of modules and resources in all roots together: their keys stay in memory until they are reported.
/// Smaller in tests, so that they can exceed it.
pub(crate) const MAX_VISITS: usize = if cfg!(test) { 3_000 } else { 90_000 };

/// The budget of one root.
#[derive(Debug)]
pub(crate) struct InstanceBudget {
    /// The maximum number of instances and module calls.
    pub max_visits: usize,
    /// Whether the root has more.
    pub is_exceeded: Cell<bool>,
    /// The cost of evaluating expressions.
    pub account: Rc<Account>,
}

impl InstanceBudget {
    pub(crate) fn new(max_visits: usize, account: Account) -> Self {
        Self { max_visits, is_exceeded: Cell::new(false), account: Rc::new(account) }
    }
}
