//! The `lifecycle` block of resources.

use super::constants::keyword;
use crate::hcl::{Body, Expr, ExprKind};
use std::sync::Arc;

/// The names in `ignore_changes`; `*` for `all`.
pub(crate) fn ignored(body: &Body) -> Vec<String> {
    let attributes = body.blocks_of("lifecycle").filter_map(|lifecycle| lifecycle.body.attribute("ignore_changes"));
    let names = attributes.flat_map(|attribute| match &attribute.value.kind {
        ExprKind::Tuple(items) => items.iter().filter_map(first_name).collect::<Vec<_>>(),
        _ => first_name(&attribute.value).filter(|name| &**name == "all").map(|_| Arc::from("*")).into_iter().collect(),
    });
    names.map(|name| name.to_string()).collect()
}

fn first_name(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::Traversal(base, _) => keyword(base),
        _ => keyword(expr),
    }
}
