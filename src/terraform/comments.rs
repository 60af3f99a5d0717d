//! Comments that speak to kmslint, and what each of them covers.

use super::module::Module;
use crate::base::{Place, Source, Sources, Span};
use crate::hcl::{Block, CommentText};
use crate::key::{Comment, Covers, kinds};

/// The comments of a module with what they cover.
pub(super) fn of(module: &Module, sources: &Sources) -> Vec<Comment> {
    module.comments.iter().map(|comment| place(comment, module, &sources.get(comment.span.source))).collect()
}

/// A comment in a values file: it covers the lines that it is next to.
pub(super) fn of_line(comment: &CommentText, source: &Source) -> Comment {
    let covers = lines(comment, source, next_line(comment.span, source));
    Comment { text: comment.text.clone(), place: Place::Source(comment.span), covers }
}

fn lines(comment: &CommentText, source: &Source, next: usize) -> Covers {
    let first = source.line_index(comment.span.range().start);
    Covers::Lines(first, if is_alone(comment.span, source) { next } else { source.line_index(last_byte(comment.span)) })
}

fn place(comment: &CommentText, module: &Module, source: &Source) -> Comment {
    let is_json = source.path().extension().is_some_and(|ending| ending == "json");
    let here = |block: &&Block| block.span.source == comment.span.source;
    let inside = |block: &&Block| within(comment.span, block.span);
    let keys = || module.managed.get(kinds::KEY).into_iter().flat_map(|keys| keys.values()).filter(here);
    let calls = || module.calls.values().filter(here);
    let next = next_line(comment.span, source);
    let above = |block: &&Block| is_alone(comment.span, source) && source.line_index(block.header.range().start) == next;

    let covers = if let Some(call) = calls().find(inside).or_else(|| calls().find(above)) {
        Covers::Call(Place::Source(call.header))
    } else if let Some(key) = keys().find(|block| if is_json { inside(block) } else { !inside(block) && above(block) }) {
        Covers::Resource(Place::Source(key.span))
    } else {
        lines(comment, source, next)
    };
    Comment { text: comment.text.clone(), place: Place::Source(comment.span), covers }
}

fn within(inner: Span, outer: Span) -> bool {
    inner.source == outer.source && outer.start <= inner.start && inner.end <= outer.end
}

/// The offset of the last byte that is not the line's end.
fn last_byte(span: Span) -> usize {
    span.range().end.saturating_sub(1).max(span.range().start)
}

/// Whether nothing but white space stands before the comment on its line.
fn is_alone(comment: Span, source: &Source) -> bool {
    let line = source.line_index(comment.range().start);
    let start = source.line_starts().get(line).copied().unwrap_or(0);
    source.text().get(start..comment.range().start).is_some_and(|before| before.trim_start_matches('\u{feff}').trim().is_empty())
}

/// The first line behind the comment that is no comment itself.
fn next_line(comment: Span, source: &Source) -> usize {
    let mut line = source.line_index(last_byte(comment)) + 1;
    let mut in_block = false;
    loop {
        let text = source.line(line).trim();
        let is_comment = in_block || text.starts_with('#') || text.starts_with("//") || text.starts_with("/*");
        if !is_comment {
            return line;
        }
        in_block = (in_block || text.starts_with("/*")) && !text.contains("*/");
        line += 1;
        if line >= source.line_starts().len() {
            return line;
        }
    }
}
