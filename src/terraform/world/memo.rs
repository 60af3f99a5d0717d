//! What was evaluated of a root so far: every value and every expansion once, with a guard against values that need themselves.
//!
//! The memo knows names and not what they mean: whoever asks hands in how to find out.

use super::instance::{Expansion, ResourceName};
use crate::base::{HiddenKeys, InstanceKey};
use crate::eval::{Account, Budget, EvalError, TypeConstraint, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// The values, expansions and variable types of one root, as far as they were asked for.
pub(crate) struct Memo {
    account: Rc<Account>,
    values: RefCell<HashMap<MemoKey, Result<Value, EvalError>>>,
    /// What is being evaluated, outermost first, and how messages name it.
    running: RefCell<Vec<(MemoKey, String)>>,
    expansions: RefCell<HashMap<Site, Rc<Expansion>>>,
    /// The instance keys that are not shown, collected from the expansions.
    hidden_keys: RefCell<HiddenKeys>,
    constraints: RefCell<HashMap<VariableName, Result<TypeConstraint, EvalError>>>,
    /// Variables whose values are known and whose validations, which refer to them, are being evaluated.
    validated: RefCell<Vec<(usize, Arc<str>, Value)>>,
}

/// A variable: its module's directory and its name. Its type is the same in all instances of the module.
type VariableName = (PathBuf, Arc<str>);

/// Something that is evaluated once. The number is that of the module instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum MemoKey {
    Variable(usize, Arc<str>),
    Local(usize, Arc<str>),
    Output(usize, Arc<str>),
    Argument(usize, ResourceName, Option<InstanceKey>, Arc<str>),
    Whole(usize, ResourceName),
    Module(usize, Arc<str>),
    Expansion(Site),
}

/// A block that expands, within one module instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Site {
    /// A module call.
    Call(usize, Arc<str>),
    /// A resource.
    Resource(usize, ResourceName),
}

impl Memo {
    /// A memo of which nothing is evaluated yet. What is evaluated is charged to `account`.
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

    /// The value with a key, evaluated the first time. An error in there is not for `try` of whoever refers to it to catch.
    pub(crate) fn once(
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
        // What is kept in the memo counts against the run and not only against the expression: thousands of values that each are small fill
        // the memory, too.
        let result = if self.account.keep(mark) { result } else { Ok(self.budget().too_large()) };
        self.running.borrow_mut().pop();
        self.values.borrow_mut().insert(key, result.clone());
        result
    }

    /// A value that is only made of other values of the memo, which find cycles and count the depth: if it were not kept, a chain of n would
    /// be followed n times.
    pub(crate) fn remembered(&self, key: MemoKey, make: impl FnOnce() -> Result<Value, EvalError>) -> Result<Value, EvalError> {
        if let Some(done) = self.values.borrow().get(&key) {
            return done.clone();
        }
        let result = make();
        self.values.borrow_mut().insert(key, result.clone());
        result
    }

    /// How a block expands, found out the first time. `address`: how messages name the block.
    pub(crate) fn expansion(
        &self,
        site: Site,
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

    /// The instance keys that were not shown so far.
    pub(crate) fn take_hidden_keys(&self) -> HiddenKeys {
        self.hidden_keys.take()
    }

    /// The type of a variable, read the first time.
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

    /// Runs a validation of a variable, in which the variable already has its value: it is not yet among the evaluated ones.
    pub(crate) fn while_validated<T>(&self, at: usize, name: &Arc<str>, value: &Value, run: impl FnOnce() -> T) -> T {
        self.validated.borrow_mut().push((at, Arc::clone(name), value.clone()));
        let result = run();
        self.validated.borrow_mut().pop();
        result
    }

    /// The value of a variable that is being validated.
    pub(crate) fn validated(&self, at: usize, name: &str) -> Option<Value> {
        let running = self.validated.borrow();
        running.iter().rev().find(|(own, of, _)| *own == at && **of == *name).map(|(_, _, value)| value.clone())
    }

    /// Notes that something is being evaluated; an error where it already is.
    fn guard(&self, key: MemoKey, name: impl FnOnce() -> String) -> Result<(), EvalError> {
        let mut running = self.running.borrow_mut();
        if let Some(at) = running.iter().position(|(own, _)| *own == key) {
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
