//! Blocks that are written as attributes: nested blocks in JSON syntax.

use crate::terraform::syntax::{Attribute, Block, Body, Expr, ExprKind, Name, ObjectItem};

/// The blocks an attribute stands for: an object is one block, an array of objects several, `null` none. With `labelled`, the
/// object's keys are the blocks' labels.
pub(super) fn blocks(attribute: &Attribute, labelled: bool) -> Vec<Block> {
    let mut out = Vec::new();
    collect(&attribute.name, None, &attribute.value, labelled, &mut out);
    out
}

fn collect(kind: &Name, label: Option<&Name>, value: &Expr, labelled: bool, out: &mut Vec<Block>) {
    match &value.kind {
        ExprKind::Tuple(items) => items.iter().for_each(|item| collect(kind, label, item, labelled, out)),
        ExprKind::Object(items) if labelled => {
            for item in items {
                if let Some(label) = name(&item.key) {
                    collect(kind, Some(&label), &item.value, false, out);
                }
            }
        }
        ExprKind::Object(items) => out.push(Block {
            kind: kind.clone(),
            labels: label.cloned().into_iter().collect(),
            body: Body { attributes: items.iter().filter_map(attribute).collect(), blocks: Vec::new() },
            header: label.map_or(kind.span, |label| label.span),
            span: kind.span.to(value.span),
        }),
        _ => {}
    }
}

fn attribute(item: &ObjectItem) -> Option<Attribute> {
    let name = name(&item.key)?;
    (&*name.text != "//").then(|| Attribute { span: name.span.to(item.value.span), value: item.value.clone(), name })
}

fn name(key: &Expr) -> Option<Name> {
    match &key.kind {
        ExprKind::String(text) => Some(Name { text: text.clone(), span: key.span }),
        _ => None,
    }
}
