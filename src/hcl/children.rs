//! The children of an expression: the only walker over the tree, for every search in it.

use super::tree::{Expr, ExprKind, Part, Template, TemplateDirective, TraversalStep};
use crate::base::Span;

impl Expr {
    /// Calls `visit` with every expression directly inside this one, in source order.
    pub fn children<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Variable(_)
            | ExprKind::Invalid(_) => {}
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

    /// The first result of `find` for an expression directly inside this one.
    pub fn find_child<'e, T>(&'e self, mut find: impl FnMut(&'e Self) -> Option<T>) -> Option<T> {
        let mut found = None;
        self.children(&mut |child| {
            if found.is_none() {
                found = find(child);
            }
        });
        found
    }

    /// The span of the first call in this expression of a function whose name `is_wanted` accepts.
    pub fn find_call(&self, is_wanted: &dyn Fn(&str) -> bool) -> Option<Span> {
        match &self.kind {
            ExprKind::Call { name, .. } if is_wanted(&name.text) => Some(self.span),
            _ => self.find_child(|child| child.find_call(is_wanted)),
        }
    }
}

fn in_template<'e>(template: &'e Template, visit: &mut dyn FnMut(&'e Expr)) {
    for part in &template.parts {
        match part {
            Part::Literal(_) => {}
            Part::Interpolation(inner) => visit(inner),
            Part::Directive(directive) => match &**directive {
                TemplateDirective::If { condition, then, otherwise, .. } => {
                    visit(condition);
                    in_template(then, visit);
                    in_template(otherwise, visit);
                }
                TemplateDirective::For { collection, body, .. } => {
                    visit(collection);
                    in_template(body, visit);
                }
            },
        }
    }
}
