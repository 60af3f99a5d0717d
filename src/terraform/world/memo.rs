//! Caches the values and expansions of a root, so that each is evaluated once, and detects values that depend on themselves.
//!
//! The memo only knows names. Callers pass a closure that evaluates a value that is not cached yet.

use super::instance::{Expansion, ResourceName};
use crate::base::{HiddenKeys, InstanceKey};
use crate::eval::{Account, Budget, EvalError, TypeConstraint, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// The cached values, expansions and variable types of one root.
pub(crate) struct Memo {
    account: Rc<Account>,
    values: RefCell<HashMap<MemoKey, Result<Value, EvalError>>>,
    /// The values being evaluated, outermost first, with their names in messages.
    running: RefCell<Vec<(MemoKey, String)>>,
    expansions: RefCell<HashMap<ExpansionSite, Rc<Expansion>>>,
    /// The instance keys that may not be shown, collected from the expansions.
    hidden_keys: RefCell<HiddenKeys>,
    constraints: RefCell<HashMap<VariableName, Result<TypeConstraint, EvalError>>>,
    /// The variables whose validations are being evaluated, with their values: a validation refers to its own variable.
    validated: RefCell<Vec<(usize, Arc<str>, Value)>>,
}

/// A variable: the directory of its module, and its name. All instances of a module share its types.
type VariableName = (PathBuf, Arc<str>);

/// Identifies a cached value. The number is the ID of the module instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum MemoKey {
    Variable(usize, Arc<str>),
    Local(usize, Arc<str>),
    Output(usize, Arc<str>),
    Argument(usize, ResourceName, Option<InstanceKey>, Arc<str>),
    /// All instances of a resource as one value.
    Resource(usize, ResourceName),
    /// A module call as one value.
    Module(usize, Arc<str>),
    Expansion(ExpansionSite),
}

/// A block to expand. The number is the ID of the module instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum ExpansionSite {
    /// A module call.
    Call(usize, Arc<str>),
    /// A resource.
    Resource(usize, ResourceName),
}

impl Memo {
    /// An empty memo. Evaluation is charged to `account`.
    pub(super) fn new(account: &Rc<Account>) -> Self {
        Self {
            account: Rc::clone(account),
            values: RefCell::default(),
            running: RefCell::default(),
            expansions: RefCell::default(),
            hidden_keys: RefCell::default(),
            constraints: RefCell::default(),
            validated: RefCell::default(),
        }
    }

    /// The budget of one expression.
    pub(crate) fn budget(&self) -> Budget {
        Budget::of(&self.account)
    }

    /// The value with a key, evaluated by `make` on the first call. Errors become uncatchable: `try` around a reference does not catch the
    /// errors of its target.
    pub(crate) fn evaluate_once(
        &self,
        key: MemoKey,
        name: impl FnOnce() -> String,
        make: impl FnOnce() -> Result<Value, EvalError>,
    ) -> Result<Value, EvalError> {
        if let Some(done) = self.values.borrow().get(&key) {
            return done.clone();
        }
        self.guard(key.clone(), name)?;
        let mark = self.account.mark();
        let result = match self.account.enter() {
            Some(_guard) => make().map_err(EvalError::uncatchable),
            None => Ok(self.budget().too_large()),
        };
        // A cached value is charged to the run and not only to the expression: thousands of small values fill the memory as well.
        let result = if self.account.keep(mark) { result } else { Ok(self.budget().too_large()) };
        self.running.borrow_mut().pop();
        self.values.borrow_mut().insert(key, result.clone());
        result
    }

    /// The value with a key, for values that only combine other values of the memo. Those already detect cycles and count the depth, so no
    /// guard is needed. The value is cached because a chain of n values would otherwise be followed n times.
    pub(crate) fn combine_once(&self, key: MemoKey, make: impl FnOnce() -> Result<Value, EvalError>) -> Result<Value, EvalError> {
        if let Some(done) = self.values.borrow().get(&key) {
            return done.clone();
        }
        let result = make();
        self.values.borrow_mut().insert(key, result.clone());
        result
    }

    /// The expansion of a block, computed by `make` on the first call. `address`: the name of the block in messages.
    pub(crate) fn expansion(
        &self,
        site: ExpansionSite,
        address: impl Fn() -> String,
        make: impl FnOnce() -> Expansion,
    ) -> Result<Rc<Expansion>, EvalError> {
        if let Some(done) = self.expansions.borrow().get(&site) {
            return Ok(Rc::clone(done));
        }
        self.guard(MemoKey::Expansion(site.clone()), || format!("`{}`", address()))?;
        let expansion = Rc::new(make());
        self.running.borrow_mut().pop();
        for (shown, real) in expansion.hidden_keys() {
            self.hidden_keys.borrow_mut().add(&address(), shown, real);
        }
        self.expansions.borrow_mut().insert(site, Rc::clone(&expansion));
        Ok(expansion)
    }

    /// Removes and returns the instance keys that may not be shown.
    pub(crate) fn take_hidden_keys(&self) -> HiddenKeys {
        self.hidden_keys.take()
    }

    /// The type of a variable, computed by `make` on the first call.
    pub(crate) fn constraint(
        &self,
        variable: VariableName,
        make: impl FnOnce() -> Result<TypeConstraint, EvalError>,
    ) -> Result<TypeConstraint, EvalError> {
        if let Some(done) = self.constraints.borrow().get(&variable) {
            return done.clone();
        }
        let made = make();
        self.constraints.borrow_mut().insert(variable, made.clone());
        made
    }

    /// Runs a validation of a variable, in which the variable already has its value although the value is not cached yet.
    pub(crate) fn with_validated<T>(&self, at: usize, name: &Arc<str>, value: &Value, run: impl FnOnce() -> T) -> T {
        self.validated.borrow_mut().push((at, Arc::clone(name), value.clone()));
        let result = run();
        self.validated.borrow_mut().pop();
        result
    }

    /// The value of a variable that is being validated.
    pub(crate) fn validated(&self, at: usize, name: &str) -> Option<Value> {
        let running = self.validated.borrow();
        running.iter().rev().find(|(id, variable, _)| *id == at && **variable == *name).map(|(_, _, value)| value.clone())
    }

    /// Marks a value as being evaluated.
    ///
    /// # Errors
    /// The value is already being evaluated: it depends on itself.
    fn guard(&self, key: MemoKey, name: impl FnOnce() -> String) -> Result<(), EvalError> {
        let mut running = self.running.borrow_mut();
        if let Some(at) = running.iter().position(|(running, _)| *running == key) {
            let names: Vec<&str> = running.iter().skip(at).map(|(_, name)| name.as_str()).collect();
            let message = match names.as_slice() {
                [only] => format!("{only} refers to itself"),
                [first, ..] => format!("cycle: {} refer to each other: {} → {first}", "these values", names.join(" → ")),
                [] => "a value refers to itself".to_owned(),
            };
            return Err(EvalError::cycle(message));
        }
        running.push((key, name()));
        Ok(())
    }
}
