//! Finds the default behind a value, in a variable's `default` or type: the place to edit so that callers get another value by default.

use crate::base::{DefaultSite, Place, Step};
use crate::hcl::{Block, Expr, ExprKind};
use crate::terraform::modules::module::Module;
use crate::terraform::world::World;
use std::sync::Arc;

/// The place of the default that a value comes from: its literal, or the `optional(…)` of the omitted attribute in a root variable's type.
pub(super) fn site(world: &World<'_>, trail: &[Step]) -> Option<DefaultSite> {
    let last = trail.last()?;
    if is_literal(&world.tree.text(last.place.span()?)) {
        return Some(DefaultSite::Literal(last.place.clone()));
    }
    let module = Arc::clone(&world.tree.top().module);
    let (name, variable) = variable_of(&module, trail)?;
    let itself = format!("var.{name}");
    let attribute = trail.iter().rev().find_map(|step| {
        let text = world.tree.text(step.place.span()?);
        let (_, name) = text.rsplit_once('.').filter(|_| text != itself)?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        is_name.then(|| name.to_owned())
    })?;
    let mut found = Vec::new();
    find(&variable.body.attribute("type")?.value, &attribute, &mut found);
    // If two attributes have the name, a fix could change the wrong one.
    let [only] = found.as_slice() else { return None };
    Some(DefaultSite::Optional(Place::Source(only.span)))
}

/// Whether a text is a literal, so that another literal can replace it.
fn is_literal(text: &str) -> bool {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_plain = |inner: &str| !inner.contains(['"', '\\']) && !inner.contains("${") && !inner.contains("%{");
    matches!(text, "null" | "true" | "false") || text.parse::<i64>().is_ok() || quoted.is_some_and(is_plain)
}

/// Whether a value is the default of a root's variable, and the root is not evident, so that it may be a library.
pub(super) fn is_default(world: &World<'_>, trail: &[Step]) -> bool {
    let module = Arc::clone(&world.tree.top().module);
    let Some(last) = trail.last().and_then(|step| step.place.span()) else { return false };
    !module.is_evident_root && module.is_in_default(last)
}

/// The root's variable that a trail passes through; the first by name if there are several.
fn variable_of<'m>(module: &'m Module, trail: &[Step]) -> Option<(&'m Arc<str>, &'m Block)> {
    let named = trail.iter().filter_map(|step| module.variable_at(step.place.span()?));
    named.min_by_key(|(name, _)| Arc::clone(name))
}

/// Adds the `optional(…)` calls that are the type of an attribute of this name.
fn find<'e>(ty: &'e Expr, attribute: &str, found: &mut Vec<&'e Expr>) {
    match &ty.kind {
        ExprKind::Object(items) => {
            for item in items {
                let name = match &item.key.kind {
                    ExprKind::Variable(name) | ExprKind::String(name) => Some(name),
                    _ => None,
                };
                if name.is_some_and(|name| **name == *attribute)
                    && let ExprKind::Call { name, .. } = &item.value.kind
                    && &*name.text == "optional"
                {
                    found.push(&item.value);
                } else {
                    find(&item.value, attribute, found);
                }
            }
        }
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| find(argument, attribute, found)),
        _ => {}
    }
}
