//! Limits on the cost of an evaluation, so that no expression hangs, overflows the stack or exhausts the memory.

use super::functions::Patterns;
use super::{Data, Type, Value};
use std::cell::Cell;
use std::rc::Rc;

/// The reason of values whose evaluation was given up.
pub const TOO_LARGE: &str = "the value is too large to evaluate";

/// The cost of evaluating one expression, in elements looked at.
const STEP: u64 = 20;
/// The maximum depth of evaluation if the size of the stack is unknown.
const MAX_DEPTH: u32 = 300;
/// The size of a collection's element in memory, in bytes.
const ELEMENT_SIZE: u64 = 64;
/// The size of an object or map in bytes, however few members it has: most are built as a `BTreeMap`, whose nodes have room for eleven.
const OBJECT_SIZE: u64 = 1000;
/// The maximum number of elements in one value, at all depths.
const MAX_ELEMENTS: u64 = 1 << 20;
/// The maximum depth of values within values.
const MAX_NESTING: u32 = 100;
/// Bytes of text that can be looked at in the time of one element.
const BYTES_PER_ELEMENT: usize = 16;
/// Bytes that can be produced in the time of one element, not counting the time for looking at them.
const BYTES_PRODUCED_PER_ELEMENT: u64 = 256;

/// The cost of an operation on a value, in elements looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// For each element.
    pub element: u64,
    /// For every 16 bytes of text.
    pub text: u64,
}

/// The limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements that may be looked at for one expression. Expressions that it refers to pay for themselves.
    pub work: u64,
    /// Bytes that may be produced for one expression.
    pub size: u64,
    /// Elements that may be looked at in one run, over all root modules.
    pub run_work: u64,
    /// Bytes of values that may be kept in one run: those of variables, locals, outputs and arguments.
    pub run_kept: u64,
    /// Nesting of expressions, including those reached through locals and modules.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { work: 50_000_000, size: 128 << 20, run_work: 160_000_000, run_kept: 256 << 20, depth: MAX_DEPTH }
    }
}

impl Limits {
    /// The limits of one of several runs that together may cost as much as one.
    #[must_use]
    pub fn share(self, parts: u64) -> Self {
        let parts = parts.max(1);
        let (run_work, run_kept) = (self.run_work / parts, self.run_kept / parts);
        Self { work: self.work.min(run_work), size: self.size.min(run_kept), run_work, run_kept, ..self }
    }
}

/// What is left of the work and memory that the expressions of one root module share.
#[derive(Debug)]
pub struct Account {
    limits: Limits,
    /// The work that one expression may do: less than its limit if other roots need a share too.
    expression: u64,
    /// The bytes that one expression may produce: roots are evaluated in parallel.
    size: u64,
    work: Cell<u64>,
    kept: Cell<u64>,
    made: Cell<u64>,
    depth: Cell<u32>,
    is_short: Cell<bool>,
}

/// One expression may use this fraction of an account: an eighth.
const EXPRESSION_SHARE: u64 = 8;

impl Account {
    /// An account with this much work and this many bytes to keep.
    #[must_use]
    pub fn new(limits: Limits, work: u64, kept: u64) -> Self {
        let expression = if work < limits.run_work { limits.work.min(work / EXPRESSION_SHARE) } else { limits.work };
        let size = if kept < limits.run_kept { limits.size.min(kept) } else { limits.size };
        let (work, kept, depth) = (Cell::new(work), Cell::new(kept), Cell::new(limits.depth));
        Self { limits, expression, size, work, kept, made: Cell::new(0), depth, is_short: Cell::new(false) }
    }

    /// Whether an evaluation was given up that a larger account would have paid for.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.is_short.get()
    }

    /// The remaining work and bytes.
    #[must_use]
    pub fn remaining(&self) -> (u64, u64) {
        (self.work.get(), self.kept.get())
    }

    /// The bytes made so far and those left to keep, for [`Account::keep`].
    #[must_use]
    pub fn mark(&self) -> (u64, u64) {
        (self.made.get(), self.kept.get())
    }

    /// Counts the bytes made since the mark as kept, except those that already are; returns false if that exceeds the limit.
    #[must_use]
    pub fn keep(&self, (made, kept): (u64, u64)) -> bool {
        let own = (self.made.get() - made).saturating_sub(kept.saturating_sub(self.kept.get()));
        let fits = take(&self.kept, own);
        self.is_short.set(self.is_short.get() || !fits);
        fits
    }

    /// Enters a level of depth for a value that is evaluated on demand; `None` at the maximum. Dropping the guard leaves it.
    #[must_use]
    pub fn enter(self: &Rc<Self>) -> Option<DepthGuard> {
        let left = self.depth.get().checked_sub(1)?;
        self.depth.set(left);
        Some(DepthGuard { account: Rc::clone(self) })
    }
}

/// Takes an amount; false if nothing is left.
fn take(left: &Cell<u64>, amount: u64) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    // Using up the last unit counts as exceeded, because `is_spent` only sees the zero.
    amount == 0 || rest.is_some_and(|rest| rest > 0)
}

/// What one expression may still spend. The expressions that it refers to have their own budgets, on the same account.
#[derive(Debug)]
pub struct Budget {
    work: Cell<u64>,
    size: Cell<u64>,
    account: Rc<Account>,
    patterns: Patterns,
}

impl Default for Budget {
    fn default() -> Self {
        let limits = Limits::default();
        Self::of(&Rc::new(Account::new(limits, limits.run_work, limits.run_kept)))
    }
}

impl Budget {
    /// The default budget, for a single expression.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The budget of an expression on this account.
    #[must_use]
    pub fn of(account: &Rc<Account>) -> Self {
        let (work, size) = (Cell::new(account.expression), Cell::new(account.size));
        Self { work, size, account: Rc::clone(account), patterns: Patterns::default() }
    }

    /// A small budget, so that tests exhaust it quickly.
    #[cfg(test)]
    pub(super) fn small() -> Self {
        let default = Limits::default();
        let limits = Limits { work: default.work / 25, size: default.size / 2, ..default };
        Self::of(&Rc::new(Account::new(limits, limits.run_work, limits.run_kept)))
    }

    /// The patterns that the expression has compiled so far.
    #[must_use]
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// Pays for the evaluation of one expression; false if the budget is used up.
    #[must_use]
    pub fn step(&self) -> bool {
        self.work(STEP)
    }

    /// Pays for looking at a number of elements; false if the budget is used up.
    #[must_use]
    pub fn work(&self, elements: u64) -> bool {
        let account = &*self.account;
        let (own, all) = (take(&self.work, elements), take(&account.work, elements));
        if !all || !own && account.expression < account.limits.work {
            account.is_short.set(true);
        }
        own && all
    }

    /// Pays for looking at everything in a value, as comparisons, conversions and constructors do; false if the budget is used up, or if
    /// the value has too many elements or is nested too deeply. A value that contains another one twice counts it twice: this is how a few
    /// lines of code make exponentially large values.
    #[must_use]
    pub fn weigh(&self, value: &Value) -> bool {
        self.weigh_for(value, Price { element: 1, text: 1 })
    }

    /// As [`Budget::weigh`], for operations that do more than look once at each element or text.
    #[must_use]
    pub fn weigh_for(&self, value: &Value, price: Price) -> bool {
        let (mut left, mut texts) = (MAX_ELEMENTS, text_price(value));
        let fits = count(value, MAX_NESTING, &mut left, &mut texts);
        self.work((MAX_ELEMENTS - left) * price.element + texts * price.text) && fits
    }

    /// Takes the bytes of something that is about to be produced, and pays for producing it; false if it is too large. Call this *before*
    /// allocating.
    #[must_use]
    pub fn charge(&self, size: u64) -> bool {
        let account = &*self.account;
        account.made.set(account.made.get().saturating_add(size));
        let fits = take(&self.size, size);
        self.record_size(fits);
        self.work(size / BYTES_PRODUCED_PER_ELEMENT) && fits
    }

    /// Takes the size of a collection of this many elements.
    #[must_use]
    pub fn charge_elements(&self, elements: u64) -> bool {
        self.charge(elements.saturating_mul(ELEMENT_SIZE))
    }

    /// Takes the size of this many objects or maps that have this many members in total.
    #[must_use]
    pub fn charge_objects(&self, objects: u64, members: u64) -> bool {
        self.charge(objects.saturating_mul(OBJECT_SIZE)) && self.charge_elements(members)
    }

    /// The maximum number of members of a value that can still be made.
    #[must_use]
    pub fn max_members(&self) -> u64 {
        self.size.get() / ELEMENT_SIZE
    }

    /// Whether there is room for twice the size of these objects, with this many members in total: a conversion needs the old value and the
    /// new one. If there is, nothing is taken, because the new value is paid for when it is kept; if not, the value must not be made.
    #[must_use]
    pub fn has_room_for(&self, objects: u64, members: u64) -> bool {
        let size = objects.saturating_mul(OBJECT_SIZE).saturating_add(members.saturating_mul(ELEMENT_SIZE)).saturating_mul(2);
        let fits = size <= self.size.get() || take(&self.size, size);
        self.record_size(fits);
        fits
    }

    /// Records that a larger account would have had room, if a value did not fit into a reduced size.
    fn record_size(&self, fits: bool) {
        let account = &*self.account;
        if !fits && account.size < account.limits.size {
            account.is_short.set(true);
        }
    }

    /// Takes the size of everything in a value.
    #[must_use]
    pub fn charge_all(&self, value: &Value) -> bool {
        let (mut objects, mut elements) = (0, 0);
        measure(value, MAX_NESTING, &mut objects, &mut elements);
        self.charge_objects(objects, elements)
    }

    /// Enters a level of depth; `None` at the maximum. Dropping the guard leaves it.
    #[must_use]
    pub fn enter(&self) -> Option<DepthGuard> {
        self.account.enter()
    }

    /// Whether work or size are used up: anything computed afterwards may differ from what Terraform computes.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.work.get() == 0 || self.size.get() == 0 || self.account.work.get() == 0
    }

    /// The unknown value in place of one that is too large.
    #[must_use]
    pub fn too_large(&self) -> Value {
        Value::unknown(Type::Any, TOO_LARGE)
    }
}

/// The cost of looking at a string or number, in elements: a number may be converted to a string.
pub(super) fn text_price(value: &Value) -> u64 {
    match &value.data {
        Data::String(text) => (text.len() / BYTES_PER_ELEMENT) as u64,
        _ => number_price(value),
    }
}

/// The cost of converting a number to a string, in elements; zero for other values.
pub(super) fn number_price(value: &Value) -> u64 {
    if let Data::Number(number) = &value.data { number.price() } else { 0 }
}

/// Subtracts the number of elements of a value from `left` and adds the cost of their texts; false if there are more elements, or more than
/// `depth` levels.
fn count(value: &Value, depth: u32, left: &mut u64, texts: &mut u64) -> bool {
    value.children().all(|child| {
        let has_children = child.as_sequence().is_some() || child.as_mapping().is_some();
        *left = left.saturating_sub(1);
        *texts += text_price(child);
        *left > 0 && (!has_children || depth > 0 && count(child, depth - 1, left, texts))
    })
}

/// Adds the numbers of objects and elements in a value.
fn measure(value: &Value, depth: u32, objects: &mut u64, elements: &mut u64) {
    *objects += u64::from(value.as_mapping().is_some());
    for child in value.children().filter(|_| depth > 0) {
        *elements += 1;
        measure(child, depth - 1, objects, elements);
    }
}

/// One level of depth, released on drop.
#[derive(Debug)]
pub struct DepthGuard {
    account: Rc<Account>,
}

impl Drop for DepthGuard {
    fn drop(&mut self) {
        self.account.depth.set(self.account.depth.get() + 1);
    }
}
