//! Source texts, spans in them, and lines and columns counted the ways our readers count.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, RwLock};

/// Names one text of a [`Sources`] store. The number says nothing about order: sort by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes in one source text; `start..end`, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `range`, in bytes. Texts over 4 GiB do not occur: readers cap the size of what they load.
    #[must_use]
    pub fn new(source: SourceId, range: std::ops::Range<usize>) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(range.start), end: clamp(range.end) }
    }

    /// The range of bytes.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both. Both must be of one source.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Line and column, both counted from 1. The unit of the column is the caller's choice, see [`Source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// One text that was read, with the path under which people know it.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    /// The path as it is shown: relative to the working directory where possible.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text, byte for byte as read (a byte order mark included).
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty where the span does not fit the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Offsets at which lines begin.
    #[must_use]
    pub fn line_starts(&self) -> &[usize] {
        self.lines.get_or_init(|| std::iter::once(0).chain(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at + 1)).collect())
    }

    /// The line (from 0) that holds a byte offset.
    #[must_use]
    pub fn line_index(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The text of a line (from 0), without its line end.
    #[must_use]
    pub fn line(&self, index: usize) -> &str {
        let starts = self.line_starts();
        let start = starts.get(index).copied().unwrap_or(self.text.len());
        let end = starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// The text from the beginning of its line to a byte offset.
    fn before(&self, offset: usize) -> (usize, &str) {
        let offset = offset.min(self.text.len());
        let line = self.line_index(offset);
        let start = self.line_starts().get(line).copied().unwrap_or(0);
        (line, self.text.get(start..offset).unwrap_or_default())
    }

    /// Line and column of a byte offset, the column in bytes of UTF-8 (reviewdog).
    #[must_use]
    pub fn position_bytes(&self, offset: usize) -> Position {
        let (line, before) = self.before(offset);
        Position { line: line + 1, column: before.len() + 1 }
    }

    /// Line and column of a byte offset, the column in Unicode characters (people, `path:line:col`).
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let (line, before) = self.before(offset);
        Position { line: line + 1, column: before.chars().count() + 1 }
    }

    /// Line and column of a byte offset, the column in UTF-16 code units (SARIF `columnKind: utf16CodeUnits`).
    #[must_use]
    pub fn position_utf16(&self, offset: usize) -> Position {
        let (line, before) = self.before(offset);
        Position { line: line + 1, column: before.encode_utf16().count() + 1 }
    }
}

/// All texts of a run. Readers on several threads add to it; what was added stays.
#[derive(Debug, Default)]
pub struct Sources {
    list: RwLock<Vec<Arc<Source>>>,
}

impl Sources {
    /// Adds a text under the path that people will see.
    pub fn add(&self, path: impl Into<PathBuf>, text: String) -> SourceId {
        let source = Arc::new(Source { path: path.into(), text, lines: OnceLock::new() });
        let mut list = self.list.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.push(source);
        SourceId(u32::try_from(list.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text with this id; an empty text without a path where the id is of another store.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Arc<Source> {
        let list = self.list.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.get(id.0 as usize)
            .cloned()
            .unwrap_or_else(|| Arc::new(Source { path: PathBuf::new(), text: String::new(), lines: OnceLock::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_each_readers_unit() {
        let sources = Sources::default();
        let id = sources.add("a.tf", "x\r\na = \"é😀\" # c\n".to_owned());
        let source = sources.get(id);
        let at = source.text().find('#').unwrap_or_default();
        assert_eq!(source.position(at), Position { line: 2, column: 10 });
        assert_eq!(source.position_utf16(at), Position { line: 2, column: 11 });
        assert_eq!(source.position_bytes(at), Position { line: 2, column: 14 });
        assert_eq!(source.line(0), "x");
        assert_eq!(source.line(9), "");
    }
}
