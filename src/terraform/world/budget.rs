//! What one root module may cost: instances, module calls, and the evaluation of its expressions.

use crate::eval::Account;
use std::cell::Cell;
use std::rc::Rc;

/// How many instances of modules and resources all roots together may have: their keys are kept until they are reported.
/// Tests of what happens then need fewer.
pub(crate) const MAX_VISITS: usize = if cfg!(test) { 3_000 } else { 90_000 };

/// How many instances one root may have, whether it has more, and what its expressions may cost.
#[derive(Debug)]
pub(crate) struct InstanceBudget {
    pub most: usize,
    pub is_exceeded: Cell<bool>,
    pub account: Rc<Account>,
}

impl InstanceBudget {
    pub(crate) fn new(most: usize, account: Account) -> Self {
        Self { most, is_exceeded: Cell::new(false), account: Rc::new(account) }
    }
}
