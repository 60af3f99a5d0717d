//! What an expression is evaluated in.

use super::functions::TemplateNesting;
use super::{Budget, Scope, Value};
use crate::base::Span;
use crate::hcl::TraversalStep;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The surroundings, the budget and the variables of enclosing `for` expressions.
#[derive(Clone, Copy)]
pub struct EvalContext<'a> {
    /// Variables, locals, resources, files.
    pub scope: &'a dyn Scope,
    /// What may be spent.
    pub budget: &'a Budget,
    /// Variables of enclosing `for` expressions and of template files, innermost first.
    pub(super) locals: Option<&'a Locals<'a>>,
    /// Whether names other than `locals` are unknown to this expression: the inside of template files.
    pub(super) closed: bool,
    /// The function that renders this template, if it is one.
    pub(super) inside: TemplateNesting,
    /// What the outermost `for` around the expression remembers.
    pub(super) cache: Option<&'a ReferenceCache>,
}

/// The values of references within a `for` to what is outside of it: they are the same for each of its elements.
#[derive(Default)]
pub(super) struct ReferenceCache(RefCell<HashMap<Span, CachedReference>>);

struct CachedReference {
    name: Arc<str>,
    steps: Vec<Arc<str>>,
    value: Value,
}

impl ReferenceCache {
    /// The value of a reference, by where it is written. Two references may have one place, as within a text of JSON.
    pub(super) fn get(&self, span: Span, name: &str, steps: &[TraversalStep]) -> Option<Value> {
        let known = self.0.borrow();
        let known = known.get(&span)?;
        let is_same = *known.name == *name
            && known.steps.len() == steps.len()
            && known.steps.iter().zip(steps).all(|(own, step)| matches!(step, TraversalStep::Attr(name) if name.text == *own));
        is_same.then(|| known.value.clone())
    }

    /// Remembers the value of a reference that has neither indexes nor splats.
    pub(super) fn put(&self, span: Span, name: &Arc<str>, steps: &[TraversalStep], value: &Value) {
        let names = steps.iter().map(|step| if let TraversalStep::Attr(name) = step { Some(Arc::clone(&name.text)) } else { None });
        if let Some(steps) = names.collect() {
            self.0.borrow_mut().insert(span, CachedReference { name: Arc::clone(name), steps, value: value.clone() });
        }
    }
}

/// Variables bound at one place, and those around it.
pub(super) struct Locals<'a> {
    pub(super) names: &'a [(&'a Arc<str>, Value)],
    pub(super) outer: Option<&'a Locals<'a>>,
}

impl<'a> EvalContext<'a> {
    /// An expression's context in its module.
    #[must_use]
    pub fn new(scope: &'a dyn Scope, budget: &'a Budget) -> Self {
        Self { scope, budget, locals: None, closed: false, inside: TemplateNesting::Nothing, cache: None }
    }

    /// The variable of this name that a `for` or a template file binds.
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
