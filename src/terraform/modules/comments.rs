//! Comments addressed to kmslint, and what each of them covers.
//!
//! A hostile file may consist of nothing but comments, so a comment is never compared with all blocks, and a line is not read again for
//! each of the comments above it.

use super::module::Module;
use crate::base::{Place, Source, SourceId, Sources, Span};
use crate::hcl::{Block, CommentText};
use crate::key::{Comment, Covers, kinds};
use std::collections::HashMap;
use std::sync::Arc;

/// The comments of a module with what they cover.
pub(crate) fn of_module(module: &Module, sources: &Sources) -> Vec<Comment> {
    if module.comments.is_empty() {
        return Vec::new();
    }
    let keys = BlockIndex::new(module.managed.get(kinds::KEY).into_iter().flat_map(|keys| keys.values()), sources);
    let calls = BlockIndex::new(module.calls.values(), sources);
    let mut next = NextLines::default();
    // Bottom up, so that the lines below a comment are already known.
    let upwards = module.comments.iter().rev();
    let mut comments: Vec<Comment> = upwards
        .map(|comment| {
            let source = sources.get(comment.span.source);
            let next = next.after(comment.span, &source);
            resolve(comment, &keys, &calls, &source, next)
        })
        .collect();
    comments.reverse();
    comments
}

/// The comments in a values file. They cover lines only.
pub(crate) fn of_values(comments: &[CommentText], source: &Source) -> Vec<Comment> {
    let mut next = NextLines::default();
    let upwards = comments.iter().rev();
    let mut comments: Vec<Comment> = upwards
        .map(|comment| {
            let covers = covered_lines(comment, source, next.after(comment.span, source));
            Comment { text: comment.text.clone(), place: Place::Source(comment.span), covers }
        })
        .collect();
    comments.reverse();
    comments
}

/// The lines that a comment covers: those up to the next line that is not a comment, or its own if it has other text before it.
fn covered_lines(comment: &CommentText, source: &Source, next: usize) -> Covers {
    let first = source.line_index(comment.span.range().start);
    Covers::Lines(first, if is_alone(comment.span, source) { next } else { source.line_index(last_byte(comment.span)) })
}

/// Determines what a comment covers: a module call, a key, or lines.
fn resolve(comment: &CommentText, keys: &BlockIndex<'_>, calls: &BlockIndex<'_>, source: &Source, next: usize) -> Comment {
    let is_json = source.path().extension().is_some_and(|ending| ending == "json");
    let above = |blocks: &BlockIndex<'_>| {
        let block = if is_alone(comment.span, source) { blocks.at_line(comment.span.source, next) } else { None };
        block.map(|block| (block.header, block.span))
    };
    let inside = |blocks: &BlockIndex<'_>| blocks.containing(comment.span).map(|block| (block.header, block.span));

    let covers = if let Some((header, _)) = inside(calls).or_else(|| above(calls)) {
        Covers::Call(Place::Source(header))
    // In JSON, a comment is a property of the resource instead of a line above it.
    } else if let Some((_, span)) = if is_json { inside(keys) } else { above(keys) } {
        Covers::Resource(Place::Source(span))
    } else {
        covered_lines(comment, source, next)
    };
    Comment { text: comment.text.clone(), place: Place::Source(comment.span), covers }
}

/// Blocks of one kind, indexed by their places.
struct BlockIndex<'m> {
    /// Sorted by start.
    by_start: HashMap<SourceId, Vec<&'m Block>>,
    /// By the line of their header. If several headers share a line, the first block by name.
    by_line: HashMap<(SourceId, usize), &'m Block>,
}

impl<'m> BlockIndex<'m> {
    fn new(blocks: impl Iterator<Item = &'m Block>, sources: &Sources) -> Self {
        let mut texts: HashMap<SourceId, Arc<Source>> = HashMap::new();
        let (mut by_start, mut by_line): (HashMap<SourceId, Vec<&Block>>, HashMap<_, _>) = Default::default();
        for block in blocks {
            let source = texts.entry(block.header.source).or_insert_with(|| sources.get(block.header.source));
            let line = source.line_index(block.header.range().start);
            by_line.entry((block.header.source, line)).or_insert(block);
            by_start.entry(block.span.source).or_default().push(block);
        }
        by_start.values_mut().for_each(|blocks| blocks.sort_by_key(|block| block.span.start));
        Self { by_start, by_line }
    }

    /// The block that contains a span.
    fn containing(&self, span: Span) -> Option<&'m Block> {
        let blocks = self.by_start.get(&span.source)?;
        let before = blocks.partition_point(|block| block.span.start <= span.start);
        blocks.get(before.checked_sub(1)?).copied().filter(|block| span.end <= block.span.end)
    }

    /// The block whose header begins on a line.
    fn at_line(&self, source: SourceId, line: usize) -> Option<&'m Block> {
        self.by_line.get(&(source, line)).copied()
    }
}

/// The offset of a span's last byte. Its end may already be on the next line.
fn last_byte(span: Span) -> usize {
    span.range().end.saturating_sub(1).max(span.range().start)
}

/// Whether only white space precedes the comment on its line. Trimmed from the comment backwards, because a line may have many comments.
fn is_alone(comment: Span, source: &Source) -> bool {
    let line = source.line_index(comment.range().start);
    let start = source.line_starts().get(line).copied().unwrap_or(0);
    let is_blank = |letter: char| letter.is_whitespace() || letter == '\u{feff}';
    source.text().get(start..comment.range().start).is_some_and(|before| before.trim_end_matches(is_blank).is_empty())
}

/// For each line right after a comment, the first line from there on that is not a comment.
#[derive(Default)]
struct NextLines(HashMap<(SourceId, usize), usize>);

impl NextLines {
    /// The first line after a comment that is not a comment. Cheap if it was called for the comments below before.
    fn after(&mut self, comment: Span, source: &Source) -> usize {
        let first = source.line_index(last_byte(comment)) + 1;
        let (mut line, mut in_block) = (first, false);
        let found = loop {
            if !in_block && let Some(known) = self.0.get(&(comment.source, line)) {
                break *known;
            }
            let text = source.line(line).trim();
            let is_comment = in_block || text.starts_with('#') || text.starts_with("//") || text.starts_with("/*");
            if !is_comment {
                break line;
            }
            in_block = (in_block || text.starts_with("/*")) && !text.contains("*/");
            line += 1;
            if line >= source.line_starts().len() {
                break line;
            }
        };
        let _earlier = self.0.insert((comment.source, first), found);
        found
    }
}
