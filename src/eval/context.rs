//! What an expression is evaluated in.

use super::functions::TemplateNesting;
use super::{Budget, Scope, Value};
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
        Self { scope, budget, locals: None, closed: false, inside: TemplateNesting::Nothing }
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
