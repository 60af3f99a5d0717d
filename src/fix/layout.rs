//! The layout of insertions next to each other: arguments in one group are aligned with it and with each other, and blocks are separated by
//! single blank lines.

use super::edit::Edit;
#[cfg(test)]
use super::text::Insertion;
use super::text::InsertionShape;
#[cfg(test)]
use crate::base::Sources;
use crate::base::{SourceId, Span};
use std::collections::BTreeMap;

/// Lays out edits, each with its shape, in the order in which they are applied.
pub(super) fn settle(edits: Vec<(Edit, InsertionShape)>) -> Vec<Edit> {
    let (mut edits, shapes): (Vec<Edit>, Vec<InsertionShape>) = edits.into_iter().unzip();
    let padding = align(&mut edits, &shapes);
    separate_blocks(&mut edits, &shapes);
    edits.extend(padding);
    edits
}

/// Aligns the `=` of inserted arguments with their group, or the group with them; returns the edits of the group's existing lines.
fn align(edits: &mut [Edit], shapes: &[InsertionShape]) -> Vec<Edit> {
    let mut groups: BTreeMap<(SourceId, usize), Vec<usize>> = BTreeMap::new();
    for (at, (edit, shape)) in edits.iter().zip(shapes).enumerate() {
        if let Some(first) = shape.group.as_ref().and_then(|group| group.equals.first()) {
            groups.entry((edit.span.source, *first)).or_default().push(at);
        }
    }
    let mut padding = Vec::new();
    for ((source, _), members) in groups {
        let joined: Vec<_> = members.iter().filter_map(|at| Some((*at, shapes.get(*at)?.group.as_ref()?))).collect();
        let Some(group) = joined.first().map(|(_, group)| *group) else { continue };
        // Like `terraform fmt`, which aligns consecutive lines: otherwise a format check would reject the fix.
        let column = joined.iter().map(|(_, group)| group.needed).max().unwrap_or_default().max(group.column);
        for (at, member) in &joined {
            if let Some(edit) = edits.get_mut(*at)
                && let Some((name, value)) = edit.replacement.split_once('=')
            {
                edit.replacement = format!("{name}{}={value}", " ".repeat(column.saturating_sub(member.needed)));
            }
        }
        if column == group.column {
            continue;
        }
        let wide: Vec<&Edit> =
            joined.iter().filter(|(_, member)| member.needed > group.column).filter_map(|(at, _)| edits.get(*at)).collect();
        let Some(first) = wide.first() else { continue };
        let mut findings: Vec<String> = wide.iter().flat_map(|edit| edit.findings.clone()).collect();
        findings.sort();
        findings.dedup();
        for &equals in &group.equals {
            padding.push(Edit {
                span: Span::new(source, equals..equals),
                replacement: " ".repeat(column - group.column),
                safety: wide.iter().map(|edit| edit.safety).min().unwrap_or(first.safety),
                rule: first.rule,
                addresses: first.addresses.clone(),
                findings: findings.clone(),
                description: String::new(),
            });
        }
    }
    padding
}

/// Puts one blank line between the insertions at an offset and the block that follows them.
fn separate_blocks(edits: &mut [Edit], shapes: &[InsertionShape]) {
    for at in 0..edits.len() {
        let next = edits.get(at + 1).zip(shapes.get(at + 1));
        let (Some(edit), Some(shape)) = (edits.get(at), shapes.get(at)) else { return };
        let follows = next.filter(|(next, _)| next.span == edit.span);
        let is_needed = match follows {
            Some((next, shape)) => shape.is_block && !next.replacement.starts_with(['\n', '\r']),
            None => shape.has_gap_after,
        };
        if is_needed && let Some(edit) = edits.get_mut(at) {
            let end = if edit.replacement.ends_with("\r\n") { "\r\n" } else { "\n" };
            edit.replacement.push_str(end);
        }
    }
}

/// The text with one insertion.
#[cfg(test)]
pub(super) fn apply_insertion(text: &str, insertion: Insertion) -> String {
    let sources = Sources::default();
    let id = sources.add("a.tf", text.to_owned());
    let edit = Edit {
        span: Span::new(id, insertion.range),
        replacement: insertion.text,
        safety: super::Safety::Safe,
        rule: "R",
        addresses: Vec::new(),
        findings: Vec::new(),
        description: String::new(),
    };
    let mut edits = settle(vec![(edit, insertion.shape)]);
    edits.sort_by_key(|edit| edit.span.start);
    super::write::rewrite(&edits, &sources).pop().map_or_else(|| text.to_owned(), |file| file.new)
}
