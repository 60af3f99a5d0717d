//! The references of an expression, found without evaluating it.

use super::context::EvalContext;
use super::evaluate::{EvalErrors, eval};
use super::{RefStep, Value};
use crate::base::Span;
use crate::hcl::{Expr, ExprKind, ForExpr, Name, Part, Template, TemplateDirective, TraversalStep};
use std::sync::Arc;

/// A reference in the code.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// The first name: `var`, `local`, `oci_kms_vault`.
    pub root: &'a Arc<str>,
    /// The steps after it.
    pub steps: &'a [TraversalStep],
    /// The span of the complete reference.
    pub span: Span,
}

impl<'a> Reference<'a> {
    /// The names after the first one, up to the first index or splat: `["a", "b"]` for `var.a.b[0].c`.
    #[must_use]
    pub fn names(&self) -> Vec<&'a Name> {
        self.steps.iter().map_while(|step| if let TraversalStep::Attr(name) = step { Some(name) } else { None }).collect()
    }
}

/// All references in an expression, including those in indexes, in source order. Variables that a `for` binds are excluded.
#[must_use]
pub fn references(expr: &Expr) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    walk(expr, &mut Vec::new(), &mut found);
    found
}

/// Checks that the references of an expression that is not evaluated are declared. `bound` are the variables that its evaluation would
/// bind.
pub(super) fn check_declared<'a>(expr: &'a Expr, bound: &[&'a str], context: &EvalContext<'_>, errors: &mut EvalErrors) {
    let mut found = Vec::new();
    walk(expr, &mut bound.to_vec(), &mut found);
    check(&found, context, errors);
}

/// As [`check_declared`], for the parts of a template.
pub(super) fn check_template<'a>(template: &'a Template, bound: &[&'a str], context: &EvalContext<'_>, errors: &mut EvalErrors) {
    let mut found = Vec::new();
    walk_template(template, &mut bound.to_vec(), &mut found);
    check(&found, context, errors);
}

fn check(references: &[Reference<'_>], context: &EvalContext<'_>, errors: &mut EvalErrors) {
    if context.closed {
        return;
    }
    for reference in references {
        if context.local(reference.root).is_some() {
            continue;
        }
        if let Err(error) = context.scope.check_declared(reference.root, reference.span, &constant_prefix(reference.steps, context)) {
            errors.push(error.at(reference.span));
        }
    }
}

/// The names and constant indexes at the start of a reference: what Terraform checks without evaluating it.
fn constant_prefix<'a>(steps: &'a [TraversalStep], context: &EvalContext<'_>) -> Vec<RefStep<'a>> {
    let step = |step: &'a TraversalStep| match step {
        TraversalStep::Attr(name) => Some(RefStep::Attr(name)),
        TraversalStep::Index(index, span) if matches!(index.kind, ExprKind::String(_) | ExprKind::Number(_)) => {
            Some(RefStep::Index(eval(index, context, &mut EvalErrors::default()), *span))
        }
        TraversalStep::LegacyIndex(index, span) => Some(RefStep::Index(Value::number(i64::try_from(*index).ok()?), *span)),
        _ => None,
    };
    steps.iter().map_while(step).collect()
}

fn walk<'a>(expr: &'a Expr, bound: &mut Vec<&'a str>, found: &mut Vec<Reference<'a>>) {
    match &expr.kind {
        ExprKind::Variable(name) => add(name, &[], expr.span, bound, found),
        ExprKind::Traversal(base, steps) => {
            match &base.kind {
                ExprKind::Variable(name) => add(name, steps, expr.span, bound, found),
                _ => walk(base, bound, found),
            }
            for step in steps {
                if let TraversalStep::Index(index, _) = step {
                    walk(index, bound, found);
                }
            }
        }
        ExprKind::Parens(inner) | ExprKind::Unary(_, inner) => walk(inner, bound, found),
        ExprKind::Binary(_, left, right) => {
            walk(left, bound, found);
            walk(right, bound, found);
        }
        ExprKind::Conditional(condition, then, otherwise) => {
            for part in [condition, then, otherwise] {
                walk(part, bound, found);
            }
        }
        // The second argument of `convert` is a type, whose keywords look like references.
        ExprKind::Call { name, arguments, .. } if matches!(&*name.text, "convert" | "core::convert") => {
            if let Some(value) = arguments.first() {
                walk(value, bound, found);
            }
        }
        ExprKind::Tuple(elements) | ExprKind::Call { arguments: elements, .. } => {
            for element in elements {
                walk(element, bound, found);
            }
        }
        ExprKind::Object(items) => {
            for item in items {
                walk(&item.key, bound, found);
                walk(&item.value, bound, found);
            }
        }
        ExprKind::For(parts) => walk_for(parts, bound, found),
        ExprKind::Template(template) => walk_template(template, bound, found),
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Invalid(_) => {}
    }
}

fn add<'a>(root: &'a Arc<str>, steps: &'a [TraversalStep], span: Span, bound: &[&str], found: &mut Vec<Reference<'a>>) {
    if !bound.contains(&&**root) {
        found.push(Reference { root, steps, span });
    }
}

fn walk_for<'a>(parts: &'a ForExpr, bound: &mut Vec<&'a str>, found: &mut Vec<Reference<'a>>) {
    walk(&parts.collection, bound, found);
    let before = bound.len();
    bound.extend(parts.key_var.iter().chain([&parts.value_var]).map(|name| &*name.text));
    for expr in parts.key.iter().chain([&parts.value]).chain(&parts.condition) {
        walk(expr, bound, found);
    }
    bound.truncate(before);
}

fn walk_template<'a>(template: &'a Template, bound: &mut Vec<&'a str>, found: &mut Vec<Reference<'a>>) {
    for part in &template.parts {
        match part {
            Part::Literal(_) => {}
            Part::Interpolation(inner) => walk(inner, bound, found),
            Part::Directive(directive) => match &**directive {
                TemplateDirective::If { condition, then, otherwise, .. } => {
                    walk(condition, bound, found);
                    walk_template(then, bound, found);
                    walk_template(otherwise, bound, found);
                }
                TemplateDirective::For { key_var, value_var, collection, body, .. } => {
                    walk(collection, bound, found);
                    let before = bound.len();
                    bound.extend(key_var.iter().chain([value_var]).map(|name| &*name.text));
                    walk_template(body, bound, found);
                    bound.truncate(before);
                }
            },
        }
    }
}
