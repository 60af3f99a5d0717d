//! What one evaluation may cost, so that no expression hangs, overflows the stack or exhausts memory.

use super::{Type, Value};
use std::cell::Cell;

/// The reason of values that were given up.
pub const TOO_LARGE: &str = "the value is too large to evaluate";

/// Work in one budget: elements looked at.
const WORK: u64 = 100_000_000;
/// What evaluating one expression costs, in elements looked at.
const STEP: u64 = 20;
/// Elements and bytes produced in one budget.
const SIZE: u64 = 64 << 20;
/// Expressions within expressions, through locals and modules as far as they share the budget.
const DEPTH: u32 = 300;
/// Elements of one value, those within elements included.
const ELEMENTS: u64 = 1 << 20;
/// Values within values.
const NESTING: u32 = 100;
/// How many bytes of a text can be looked at in the time that one element takes.
const BYTES: usize = 16;

/// What is left. One budget serves one root module's evaluation, or one expression of a user; it is shared by all expressions that are
/// evaluated on the way.
#[derive(Debug)]
pub struct Budget {
    work: Cell<u64>,
    size: Cell<u64>,
    depth: Cell<u32>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { work: Cell::new(WORK), size: Cell::new(SIZE), depth: Cell::new(DEPTH) }
    }
}

impl Budget {
    /// The usual amounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A small one, so that tests reach its end soon.
    #[cfg(test)]
    pub(super) fn small() -> Self {
        Self { work: Cell::new(WORK / 50), size: Cell::new(SIZE / 50), ..Self::default() }
    }

    /// Pays for the evaluation of one expression; false where nothing is left.
    #[must_use]
    pub fn step(&self) -> bool {
        Self::take(&self.work, STEP)
    }

    /// Pays for looking at a number of elements; false where nothing is left.
    #[must_use]
    pub fn work(&self, elements: u64) -> bool {
        Self::take(&self.work, elements)
    }

    /// Pays for looking at everything in a value, as comparisons, conversions and constructors do; false where nothing is left, or where
    /// the value has too many elements or is nested too deeply. A value that holds another one twice counts it twice: that is how few
    /// lines make exponentially large values.
    #[must_use]
    pub fn weigh(&self, value: &Value) -> bool {
        let (mut left, mut texts) = (ELEMENTS, of_text(value));
        let fits = count(value, NESTING, &mut left, &mut texts);
        self.work(ELEMENTS - left + texts) && fits
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

    /// Whether work or size have run out: what was computed since cannot be told from what Terraform would compute.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.work.get() == 0 || self.size.get() == 0
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

/// What looking at the text that a value is costs, in elements.
pub(super) fn of_text(value: &Value) -> u64 {
    value.as_str().map_or(0, |text| (text.len() / BYTES) as u64)
}

/// Counts the elements of a value down from `left`, and what their texts cost up; false where there are more, or more levels than `depth`.
fn count(value: &Value, depth: u32, left: &mut u64, texts: &mut u64) -> bool {
    value.children().all(|child| {
        let has_children = child.as_sequence().is_some() || child.as_mapping().is_some();
        *left = left.saturating_sub(1);
        *texts += of_text(child);
        *left > 0 && (!has_children || depth > 0 && count(child, depth - 1, left, texts))
    })
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
