//! The context in which an expression is evaluated.

use super::functions::TemplateNesting;
use super::{Budget, Scope, Value};
use crate::base::Span;
use crate::hcl::TraversalStep;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The scope, the budget and the variables of enclosing `for` expressions.
#[derive(Clone, Copy)]
pub struct EvalContext<'a> {
    /// Variables, locals, resources, files.
    pub scope: &'a dyn Scope,
    /// What the evaluation may spend.
    pub budget: &'a Budget,
    /// Variables of enclosing `for` expressions and of template files, innermost first.
    pub(super) locals: Option<&'a Locals<'a>>,
    /// Whether the expression can refer to `locals` only: in template files.
    pub(super) closed: bool,
    /// The function that renders this template, if the expression is in one.
    pub(super) inside: TemplateNesting,
    /// The cache of the outermost `for` around the expression.
    pub(super) cache: Option<&'a ReferenceCache>,
}

/// The values of references from within a `for` to names outside of it: they are the same for each element.
#[derive(Default)]
pub(super) struct ReferenceCache(RefCell<HashMap<Span, CachedReference>>);

struct CachedReference {
    name: Arc<str>,
    steps: Vec<Arc<str>>,
    value: Value,
}

impl ReferenceCache {
    /// The cached value of the reference at a span. The name and steps are compared because two references can have the same span, for
    /// example within a string of JSON configuration.
    pub(super) fn get(&self, span: Span, name: &str, steps: &[TraversalStep]) -> Option<Value> {
        let known = self.0.borrow();
        let known = known.get(&span)?;
        let is_same = *known.name == *name
            && known.steps.len() == steps.len()
            && known.steps.iter().zip(steps).all(|(own, step)| matches!(step, TraversalStep::Attr(name) if name.text == *own));
        is_same.then(|| known.value.clone())
    }

    /// Caches the value of a reference without indexes and splats.
    pub(super) fn put(&self, span: Span, name: &Arc<str>, steps: &[TraversalStep], value: &Value) {
        let names = steps.iter().map(|step| if let TraversalStep::Attr(name) = step { Some(Arc::clone(&name.text)) } else { None });
        if let Some(steps) = names.collect() {
            self.0.borrow_mut().insert(span, CachedReference { name: Arc::clone(name), steps, value: value.clone() });
        }
    }
}

/// The variables that one expression binds, and those of the enclosing ones.
pub(super) struct Locals<'a> {
    pub(super) names: &'a [(&'a Arc<str>, Value)],
    pub(super) outer: Option<&'a Locals<'a>>,
}

impl<'a> EvalContext<'a> {
    /// The context of an expression at the top level of a module.
    #[must_use]
    pub fn new(scope: &'a dyn Scope, budget: &'a Budget) -> Self {
        Self { scope, budget, locals: None, closed: false, inside: TemplateNesting::Nothing, cache: None }
    }

    /// The value of the variable with this name that a `for` or a template file binds.
    pub(super) fn local(&self, name: &str) -> Option<&'a Value> {
        let mut locals = self.locals;
        while let Some(Locals { names, outer }) = locals {
            if let Some((_, value)) = names.iter().find(|(bound, _)| &***bound == name) {
                return Some(value);
            }
            locals = *outer;
        }
        None
    }

    /// The context with these variables added.
    pub(super) fn with<'b>(&self, locals: &'b Locals<'b>) -> EvalContext<'b>
    where
        'a: 'b,
    {
        EvalContext { scope: self.scope, budget: self.budget, locals: Some(locals), ..*self }
    }
}
