//! The context of an expression, and its evaluation in it. Names are resolved through `eval`'s `Scope` trait, which the `scope` layer
//! implements for a frame. So a value can depend on any other value of the root, but this layer does not import the layers above it.

use super::instance::{Each, ModuleInstance, ResourceName, address};
use crate::base::InstanceKey;
use crate::eval::{EvalContext, EvalError, Marks, Scope, Value, evaluate};
use crate::hcl::{Block, Expr};
use crate::terraform::world::World;
use std::rc::Rc;
use std::sync::Arc;

/// The context of expressions in one instance of a block: the module instance, `each` or `count`, and iterators.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub world: &'a World<'a>,
    /// The module instance.
    pub at: &'a Rc<ModuleInstance>,
    pub each: &'a Each,
    /// The iterators of enclosing `dynamic` blocks, innermost last.
    pub iterators: &'a [BlockIterator],
}

/// The iterator of a `dynamic` block.
#[derive(Clone)]
pub(crate) struct BlockIterator {
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
    pub at: &'a Rc<ModuleInstance>,
    /// Its mode, type and name.
    pub resource: &'a ResourceName,
    /// Its block.
    pub block: &'a Block,
    /// The instance key.
    pub key: Option<&'a InstanceKey>,
    /// `each` or `count`.
    pub each: &'a Each,
}

/// The marks of values from a module outside of the repository.
pub(crate) const OUTSIDE_MARKS: Marks = Marks { from_file: true, ..Marks::NONE };

impl<'a> Frame<'a> {
    /// The frame of an instance of a block.
    pub(crate) fn new(world: &'a World<'a>, at: &'a Rc<ModuleInstance>, each: &'a Each) -> Self {
        Self { world, at, each, iterators: &[] }
    }

    /// The frame of expressions in a module outside of blocks with instances.
    pub(crate) fn of_module(world: &'a World<'a>, at: &'a Rc<ModuleInstance>) -> Self {
        Self::new(world, at, &Each::None)
    }

    /// The same frame within `dynamic` blocks.
    pub(crate) fn within(self, iterators: &'a [BlockIterator]) -> Self {
        Self { iterators, ..self }
    }

    /// Evaluates an expression.
    pub(crate) fn eval(&self, expr: &Expr) -> Result<Value, EvalError> {
        self.eval_in(expr, self)
    }

    /// Evaluates an expression of this frame's module with names resolved by another scope.
    pub(crate) fn eval_in(&self, expr: &Expr, scope: &dyn Scope) -> Result<Value, EvalError> {
        let budget = self.world.memo.budget();
        let value = evaluate(expr, &EvalContext::new(scope, &budget)).map_err(|error| error.at(expr.span))?;
        Ok(if self.at.module.is_outside { value.with_marks(OUTSIDE_MARKS) } else { value })
    }
}

impl<'a> ResourceInstance<'a> {
    /// The frame of expressions in its block.
    pub(crate) fn frame(&self) -> Frame<'a> {
        Frame::new(self.world, self.at, self.each)
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        address(self.at, self.resource.data, &self.resource.kind, &self.resource.name, self.key)
    }
}

/// The scope of expressions without references: defaults and values files.
pub(crate) struct ClosedScope<'a> {
    pub world: &'a World<'a>,
}

impl ClosedScope<'_> {
    /// Evaluates an expression that may have no references.
    pub(crate) fn eval(&self, expr: &Expr) -> Result<Value, EvalError> {
        let budget = self.world.memo.budget();
        evaluate(expr, &EvalContext::new(self, &budget)).map_err(|error| error.at(expr.span))
    }

    /// Evaluates an expression that may have neither references nor function calls.
    pub(crate) fn eval_constant(&self, expr: &Expr) -> Result<Value, EvalError> {
        match expr.find_call(&|_| true) {
            Some(span) => Err(EvalError::refused("functions may not be called here".to_owned(), Some(span))),
            None => self.eval(expr),
        }
    }
}
