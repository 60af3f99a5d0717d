//! Where an expression is written, and its evaluation there. What names mean in it is asked through `eval`'s `Scope`, which `scope`
//! implements for a frame: so a value can need any other value of the root, and no file here imports those that call it.

use super::instance::{Each, Instance, ResourceName, address};
use crate::base::InstanceKey;
use crate::eval::{EvalContext, EvalError, Marks, Scope, Value, evaluate};
use crate::hcl::{Block, Expr};
use crate::terraform::world::World;
use std::rc::Rc;
use std::sync::Arc;

/// One instance of a block: what `each`, `count` and the names of its module mean in its expressions.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub world: &'a World<'a>,
    pub at: &'a Rc<Instance>,
    pub each: &'a Each,
    /// Iterators of enclosing `dynamic` blocks, innermost last.
    pub bound: &'a [Bound],
}

/// The iterator of a `dynamic` block.
#[derive(Clone)]
pub(crate) struct Bound {
    /// Its name.
    pub name: Arc<str>,
    /// `name.key`.
    pub key: Value,
    /// `name.value`.
    pub value: Value,
}

/// One instance of a resource or data source.
#[derive(Clone, Copy)]
pub(crate) struct ResourceInstance<'a> {
    pub world: &'a World<'a>,
    /// The module instance it is in.
    pub at: &'a Rc<Instance>,
    /// Its mode, type and name.
    pub of: &'a ResourceName,
    /// Its block.
    pub block: &'a Block,
    /// Which instance.
    pub key: Option<&'a InstanceKey>,
    /// `each` or `count`.
    pub each: &'a Each,
}

/// The mark of what is written in a module outside of the repository.
pub(crate) const OUTSIDE: Marks = Marks { from_file: true, ..Marks::NONE };

impl<'a> Frame<'a> {
    /// The frame of an instance of a block.
    pub(crate) fn new(world: &'a World<'a>, at: &'a Rc<Instance>, each: &'a Each) -> Self {
        Self { world, at, each, bound: &[] }
    }

    /// The frame of what is written in a module outside of blocks that are repeated.
    pub(crate) fn of_module(world: &'a World<'a>, at: &'a Rc<Instance>) -> Self {
        Self::new(world, at, &Each::None)
    }

    /// The same frame within `dynamic` blocks.
    pub(crate) fn within(self, bound: &'a [Bound]) -> Self {
        Self { bound, ..self }
    }

    /// Evaluates an expression.
    pub(crate) fn eval(&self, expr: &Expr) -> Result<Value, EvalError> {
        self.eval_in(expr, self)
    }

    /// Evaluates an expression of this frame's module in which some names mean something else.
    pub(crate) fn eval_in(&self, expr: &Expr, scope: &dyn Scope) -> Result<Value, EvalError> {
        let budget = self.world.memo.budget();
        let value = evaluate(expr, &EvalContext::new(scope, &budget)).map_err(|error| error.at(expr.span))?;
        Ok(if self.at.module.is_outside { value.with_marks(OUTSIDE) } else { value })
    }
}

impl<'a> ResourceInstance<'a> {
    /// What names mean in its block.
    pub(crate) fn frame(&self) -> Frame<'a> {
        Frame::new(self.world, self.at, self.each)
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        address(self.at, self.of.data, &self.of.kind, &self.of.name, self.key)
    }
}

/// Where nothing may be referred to: defaults and values files.
pub(crate) struct Closed<'a> {
    /// For texts and files.
    pub world: &'a World<'a>,
}

impl Closed<'_> {
    /// Evaluates an expression in which nothing may be referred to.
    pub(crate) fn eval(&self, expr: &Expr) -> Result<Value, EvalError> {
        let budget = self.world.memo.budget();
        evaluate(expr, &EvalContext::new(self, &budget)).map_err(|error| error.at(expr.span))
    }

    /// Evaluates an expression that must be a constant: in it, not even functions may be called.
    pub(crate) fn constant(&self, expr: &Expr) -> Result<Value, EvalError> {
        match expr.find_call(&|_| true) {
            Some(span) => Err(EvalError::refused("functions may not be called here".to_owned(), Some(span))),
            None => self.eval(expr),
        }
    }
}
