//! What expressions are made of: the expressions directly inside, the functions they call.

use crate::base::Span;
use crate::hcl::{Directive, Expr, ExprKind, Part, Template, TraversalStep};

/// The first function call in an expression.
pub(super) fn first_call(expr: &Expr) -> Option<Span> {
    if let ExprKind::Call { .. } = &expr.kind {
        return Some(expr.span);
    }
    let mut found = None;
    children(expr, &mut |child| {
        if found.is_none() {
            found = first_call(child);
        }
    });
    found
}

/// Calls `visit` with every expression directly inside of one.
pub(super) fn children<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Variable(_) | ExprKind::Invalid(_) => {}
        ExprKind::Template(template) => in_template(template, visit),
        ExprKind::Tuple(items) => items.iter().for_each(visit),
        ExprKind::Object(items) => items.iter().for_each(|item| {
            visit(&item.key);
            visit(&item.value);
        }),
        ExprKind::Parens(inner) | ExprKind::Unary(_, inner) => visit(inner),
        ExprKind::Binary(_, left, right) => {
            visit(left);
            visit(right);
        }
        ExprKind::Conditional(condition, then, otherwise) => {
            visit(condition);
            visit(then);
            visit(otherwise);
        }
        ExprKind::For(inner) => {
            visit(&inner.collection);
            inner.key.iter().for_each(&mut *visit);
            visit(&inner.value);
            inner.condition.iter().for_each(visit);
        }
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(visit),
        ExprKind::Traversal(base, steps) => {
            visit(base);
            for step in steps {
                if let TraversalStep::Index(index, _) = step {
                    visit(index);
                }
            }
        }
    }
}

fn in_template<'e>(template: &'e Template, visit: &mut dyn FnMut(&'e Expr)) {
    for part in &template.parts {
        match part {
            Part::Literal(_) => {}
            Part::Interpolation(inner) => visit(inner),
            Part::Directive(directive) => match &**directive {
                Directive::If { condition, then, otherwise, .. } => {
                    visit(condition);
                    in_template(then, visit);
                    in_template(otherwise, visit);
                }
                Directive::For { collection, body, .. } => {
                    visit(collection);
                    in_template(body, visit);
                }
            },
        }
    }
}
