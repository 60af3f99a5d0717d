//! What one evaluation may cost, so that no expression hangs, overflows the stack or exhausts memory.

use super::{Type, Value};
use std::cell::Cell;

/// The reason of values that were given up.
pub const TOO_LARGE: &str = "the value is too large to evaluate";

/// Expressions evaluated in one budget.
const STEPS: u64 = 5_000_000;
/// Elements and bytes produced in one budget.
const SIZE: u64 = 64 << 20;
/// Expressions within expressions, through locals and modules as far as they share the budget.
const DEPTH: u32 = 400;

/// What is left. One budget serves one root module's evaluation, or one expression of a user; it is shared by all expressions that are
/// evaluated on the way.
#[derive(Debug)]
pub struct Budget {
    steps: Cell<u64>,
    size: Cell<u64>,
    depth: Cell<u32>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Cell::new(STEPS), size: Cell::new(SIZE), depth: Cell::new(DEPTH) }
    }
}

impl Budget {
    /// The usual amounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one step; false where there is none left.
    #[must_use]
    pub fn step(&self) -> bool {
        Self::take(&self.steps, 1)
    }

    /// Takes the size of something that is about to be produced, in elements or bytes; false where it is too large. Ask *before* you
    /// allocate.
    #[must_use]
    pub fn charge(&self, size: u64) -> bool {
        Self::take(&self.size, size)
    }

    /// Goes one level deeper; `None` at the deepest. Dropping the guard comes back up.
    #[must_use]
    pub fn deeper(&self) -> Option<Deeper<'_>> {
        let left = self.depth.get().checked_sub(1)?;
        self.depth.set(left);
        Some(Deeper { budget: self })
    }

    /// Whether steps or size have run out: what was computed since cannot be told from what Terraform would compute.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.steps.get() == 0 || self.size.get() == 0
    }

    /// The unknown value that stands for what was given up.
    #[must_use]
    pub fn too_large(&self) -> Value {
        Value::unknown(Type::Any, TOO_LARGE)
    }

    fn take(left: &Cell<u64>, amount: u64) -> bool {
        let rest = left.get().checked_sub(amount);
        left.set(rest.unwrap_or(0));
        rest.is_some_and(|rest| rest > 0)
    }
}

/// One level of depth, held while it lives.
#[derive(Debug)]
pub struct Deeper<'a> {
    budget: &'a Budget,
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.budget.depth.set(self.budget.depth.get() + 1);
    }
}
