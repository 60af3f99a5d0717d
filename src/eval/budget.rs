//! What one evaluation may cost, so that no expression hangs, overflows the stack or exhausts memory.

use super::functions::Patterns;
use super::{Data, Type, Value};
use std::cell::Cell;
use std::rc::Rc;

/// The reason of values that were given up.
pub const TOO_LARGE: &str = "the value is too large to evaluate";

/// What evaluating one expression costs, in elements looked at.
const STEP: u64 = 20;
/// How deep evaluation may go if the size of the stack is unknown.
const DEPTH: u32 = 300;
/// What an element of a collection takes in memory, in bytes.
const ELEMENT: u64 = 64;
/// What an object or map takes, however few members it has: the nodes of its tree have room for eleven.
const OBJECT: u64 = 1000;
/// Elements of one value, those within elements included.
const ELEMENTS: u64 = 1 << 20;
/// Values within values.
const NESTING: u32 = 100;
/// How many bytes of a text can be looked at in the time that one element takes.
const BYTES: usize = 16;
/// How many bytes can be produced in that time, in addition to looking at what was produced.
const PRODUCED: u64 = 256;

/// What it costs to do something with a value, in elements looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// For each of its elements.
    pub element: u64,
    /// For every 16 bytes of its texts.
    pub text: u64,
}

/// What evaluation may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements that may be looked at for one expression. What it refers to is paid by what is written there.
    pub work: u64,
    /// Bytes that may be produced for one expression.
    pub size: u64,
    /// Elements that may be looked at in one run, over all root modules.
    pub run_work: u64,
    /// Bytes of values that may be kept in one run: those of variables, locals, outputs and arguments.
    pub run_kept: u64,
    /// Expressions within expressions, through locals and modules.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { work: 50_000_000, size: 128 << 20, run_work: 160_000_000, run_kept: 256 << 20, depth: DEPTH }
    }
}

impl Limits {
    /// The limits of one of several runs, which together may cost as much as one.
    #[must_use]
    pub fn share(self, parts: u64) -> Self {
        let parts = parts.max(1);
        let (run_work, run_kept) = (self.run_work / parts, self.run_kept / parts);
        Self { work: self.work.min(run_work), size: self.size.min(run_kept), run_work, run_kept, ..self }
    }
}

/// What the expressions of one root module may cost together, and what is left of it.
#[derive(Debug)]
pub struct Account {
    limits: Limits,
    /// The share of an expression is smaller than its limit while others wait for theirs.
    expression: u64,
    /// The bytes that one expression may produce: roots are evaluated at the same time.
    size: u64,
    work: Cell<u64>,
    kept: Cell<u64>,
    made: Cell<u64>,
    depth: Cell<u32>,
    is_short: Cell<bool>,
}

/// How much of an account one expression may use up.
const PART: u64 = 8;

impl Account {
    /// An account of this much work and this many bytes to keep.
    #[must_use]
    pub fn new(limits: Limits, work: u64, kept: u64) -> Self {
        let expression = if work < limits.run_work { limits.work.min(work / PART) } else { limits.work };
        let size = if kept < limits.run_kept { limits.size.min(kept) } else { limits.size };
        let (work, kept, depth) = (Cell::new(work), Cell::new(kept), Cell::new(limits.depth));
        Self { limits, expression, size, work, kept, made: Cell::new(0), depth, is_short: Cell::new(false) }
    }

    /// Whether something was given up that a larger account would have paid for.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.is_short.get()
    }

    /// The work and the bytes that are left.
    #[must_use]
    pub fn remaining(&self) -> (u64, u64) {
        (self.work.get(), self.kept.get())
    }

    /// What was made and what is left to keep, as [`Account::keep`] wants it.
    #[must_use]
    pub fn mark(&self) -> (u64, u64) {
        (self.made.get(), self.kept.get())
    }

    /// Keeps what was made since the mark and is not kept yet; false where there is no room for it.
    #[must_use]
    pub fn keep(&self, (made, kept): (u64, u64)) -> bool {
        let own = (self.made.get() - made).saturating_sub(kept.saturating_sub(self.kept.get()));
        let fits = take(&self.kept, own);
        self.is_short.set(self.is_short.get() || !fits);
        fits
    }

    /// Whether a level of depth is left for a value that is evaluated on demand. Dropping the guard comes back up.
    #[must_use]
    pub fn enter(self: &Rc<Self>) -> Option<DepthGuard> {
        let left = self.depth.get().checked_sub(1)?;
        self.depth.set(left);
        Some(DepthGuard { account: Rc::clone(self) })
    }
}

/// Takes an amount; false where nothing is left.
fn take(left: &Cell<u64>, amount: u64) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    // What is used up to the last unit counts as exceeded, because `is_spent` sees nothing but the zero.
    amount == 0 || rest.is_some_and(|rest| rest > 0)
}

/// What is left for one expression as it is written somewhere. What it refers to has budgets of its own, on the same account.
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
    /// The usual amounts, for an expression on its own.
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

    /// A small one, so that tests reach its end soon.
    #[cfg(test)]
    pub(super) fn small() -> Self {
        let usual = Limits::default();
        let limits = Limits { work: usual.work / 25, size: usual.size / 2, ..usual };
        Self::of(&Rc::new(Account::new(limits, limits.run_work, limits.run_kept)))
    }

    /// The patterns that the expression has compiled so far.
    #[must_use]
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// Pays for the evaluation of one expression; false where nothing is left.
    #[must_use]
    pub fn step(&self) -> bool {
        self.work(STEP)
    }

    /// Pays for looking at a number of elements; false where nothing is left.
    #[must_use]
    pub fn work(&self, elements: u64) -> bool {
        let account = &*self.account;
        let (own, all) = (take(&self.work, elements), take(&account.work, elements));
        if !all || !own && account.expression < account.limits.work {
            account.is_short.set(true);
        }
        own && all
    }

    /// Pays for looking at everything in a value, as comparisons, conversions and constructors do; false where nothing is left, or where
    /// the value has too many elements or is nested too deeply. A value that holds another one twice counts it twice: that is how few
    /// lines make exponentially large values.
    #[must_use]
    pub fn weigh(&self, value: &Value) -> bool {
        self.weigh_for(value, Price { element: 1, text: 1 })
    }

    /// As [`Budget::weigh`], for what does more with each element, or with texts, than to look at it once.
    #[must_use]
    pub fn weigh_for(&self, value: &Value, price: Price) -> bool {
        let (mut left, mut texts) = (ELEMENTS, of_text(value));
        let fits = count(value, NESTING, &mut left, &mut texts);
        self.work((ELEMENTS - left) * price.element + texts * price.text) && fits
    }

    /// Takes the size of something that is about to be produced, in bytes, and pays for producing it; false where it is too large. Ask
    /// *before* you allocate.
    #[must_use]
    pub fn charge(&self, size: u64) -> bool {
        let account = &*self.account;
        account.made.set(account.made.get().saturating_add(size));
        let fits = take(&self.size, size);
        self.note_size(fits);
        self.work(size / PRODUCED) && fits
    }

    /// Takes the size of a collection of this many elements.
    #[must_use]
    pub fn charge_elements(&self, elements: u64) -> bool {
        self.charge(elements.saturating_mul(ELEMENT))
    }

    /// Takes the size of objects or maps with this many members together.
    #[must_use]
    pub fn charge_objects(&self, objects: u64, members: u64) -> bool {
        self.charge(objects.saturating_mul(OBJECT)) && self.charge_elements(members)
    }

    /// How many members a value may have at most to be made at all.
    #[must_use]
    pub fn most_members(&self) -> u64 {
        self.size.get() / ELEMENT
    }

    /// Whether there is room for objects with this many members together, twice: to convert a value is to have it before and after. Nothing is
    /// taken where it fits, for what is made of it is paid when it is kept; where it does not, nothing is made.
    #[must_use]
    pub fn has_room_for(&self, objects: u64, members: u64) -> bool {
        let size = objects.saturating_mul(OBJECT).saturating_add(members.saturating_mul(ELEMENT)).saturating_mul(2);
        let fits = size <= self.size.get() || take(&self.size, size);
        self.note_size(fits);
        fits
    }

    /// Notes that a larger account would have paid, where something did not fit and an expression may be larger.
    fn note_size(&self, fits: bool) {
        let account = &*self.account;
        if !fits && account.size < account.limits.size {
            account.is_short.set(true);
        }
    }

    /// Takes the size of everything in a value.
    #[must_use]
    pub fn charge_all(&self, value: &Value) -> bool {
        let (mut objects, mut elements) = (0, 0);
        measure(value, NESTING, &mut objects, &mut elements);
        self.charge_objects(objects, elements)
    }

    /// Goes one level deeper; `None` at the deepest. Dropping the guard comes back up.
    #[must_use]
    pub fn enter(&self) -> Option<DepthGuard> {
        self.account.enter()
    }

    /// Whether work or size have run out: what was computed since is unknown from what Terraform would compute.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.work.get() == 0 || self.size.get() == 0 || self.account.work.get() == 0
    }

    /// The unknown value that stands for what was given up.
    #[must_use]
    pub fn too_large(&self) -> Value {
        Value::unknown(Type::Any, TOO_LARGE)
    }
}

/// What looking at the text or number that a value is costs, in elements: a number may become a text.
pub(super) fn of_text(value: &Value) -> u64 {
    match &value.data {
        Data::String(text) => (text.len() / BYTES) as u64,
        _ => of_number(value),
    }
}

/// What it costs to make the text of a value that is a number.
pub(super) fn of_number(value: &Value) -> u64 {
    if let Data::Number(number) = &value.data { number.price() } else { 0 }
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

/// Counts the objects and the elements of a value up.
fn measure(value: &Value, depth: u32, objects: &mut u64, elements: &mut u64) {
    *objects += u64::from(value.as_mapping().is_some());
    for child in value.children().filter(|_| depth > 0) {
        *elements += 1;
        measure(child, depth - 1, objects, elements);
    }
}

/// One level of depth, held while it lives.
#[derive(Debug)]
pub struct DepthGuard {
    account: Rc<Account>,
}

impl Drop for DepthGuard {
    fn drop(&mut self) {
        self.account.depth.set(self.account.depth.get() + 1);
    }
}
