//! Source texts, spans in them, and lines and columns in the units of each output format.

use super::brief::brief_of;
use super::secrecy::Redactions;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// Identifies one text of a [`Sources`] store. The number has no meaningful order: sort by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

impl SourceId {
    /// For a text that is parsed without being stored: no report can show it.
    pub const UNSTORED: Self = Self(u32::MAX);
}

/// A range of bytes in one source text; `start..end`, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `range`, in bytes. Texts over 4 GiB do not occur: readers limit the size of what they load.
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

    /// The smallest span that contains both. Both must be in the same source.
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

/// One text that was read, with the path that reports show.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    lines: OnceLock<Vec<usize>>,
    marks: OnceLock<Vec<Widths>>,
    redactions: Redactions,
    outside: AtomicBool,
}

/// The length of a part of a text.
#[derive(Clone, Copy, Debug, Default)]
struct Widths {
    /// In Unicode characters.
    characters: usize,
    /// In UTF-16 code units.
    utf16: usize,
}

impl Widths {
    fn of(text: &str) -> Self {
        text.chars().fold(Self::default(), |sum, c| Self { characters: sum.characters + 1, utf16: sum.utf16 + c.len_utf16() })
    }
}

/// The distance between marks, from which columns are counted, in bytes. Generated JSON has lines of megabytes, and counting every column
/// from the line's start would be quadratic.
const STRIDE: usize = 4 << 10;

impl Source {
    fn new(path: PathBuf, text: String, redactions: Redactions) -> Self {
        Self { path, text, lines: OnceLock::new(), marks: OnceLock::new(), redactions, outside: AtomicBool::new(false) }
    }

    /// The path as shown: relative to the working directory where possible.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The complete text, byte for byte as read (including a byte order mark).
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a file outside of the repository.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.outside.load(Ordering::Relaxed)
    }

    /// The text of a span, for evaluation only; empty if the span is not in the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The text of a span, for reports; `None` if any part of it may not be shown.
    #[must_use]
    pub fn quote(&self, span: Span) -> Option<&str> {
        if self.redactions.hides(&span.range()) { None } else { self.text.get(span.range()) }
    }

    /// The text for reports: lines that may not be shown are replaced, and positions stay valid.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        self.redactions.shown(&self.text)
    }

    /// Whether a line (from 0) may be shown.
    #[must_use]
    pub fn shows_line(&self, index: usize) -> bool {
        self.line_starts().get(index).is_none_or(|start| self.shows_lines(&(*start..*start)))
    }

    /// Whether the lines that a range of bytes touches may all be shown.
    #[must_use]
    pub fn shows_lines(&self, range: &std::ops::Range<usize>) -> bool {
        if self.redactions.is_empty() {
            return true;
        }
        let (first, last) = (self.line_index(range.start), self.line_index(range.end.max(range.start)));
        let start = self.line_starts().get(first).copied().unwrap_or(0);
        let end = self.line_starts().get(last + 1).copied().unwrap_or(self.text.len());
        !self.redactions.hides(&(start..end))
    }

    /// The offsets at which lines begin.
    #[must_use]
    pub fn line_starts(&self) -> &[usize] {
        self.lines.get_or_init(|| std::iter::once(0).chain(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at + 1)).collect())
    }

    /// The line (from 0) of a byte offset.
    #[must_use]
    pub fn line_index(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The text of a line (from 0), without its line ending.
    #[must_use]
    pub fn line(&self, index: usize) -> &str {
        let starts = self.line_starts();
        let start = starts.get(index).copied().unwrap_or(self.text.len());
        let end = starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// The line of a byte offset, and the offset at which it begins.
    fn line_of(&self, offset: usize) -> (usize, usize) {
        let line = self.line_index(offset);
        (line, self.line_starts().get(line).copied().unwrap_or(0))
    }

    /// The line of a byte offset, and the width of the text before it on that line.
    fn width_on_line(&self, offset: usize) -> (usize, Widths) {
        let offset = offset.min(self.text.len());
        let (line, start) = self.line_of(offset);
        if offset - start <= STRIDE {
            return (line, self.text.get(start..offset).map_or_else(Widths::default, Widths::of));
        }
        let (from, to) = (self.width_to(start), self.width_to(offset));
        (line, Widths { characters: to.characters - from.characters, utf16: to.utf16 - from.utf16 })
    }

    /// The width of the text before a byte offset.
    fn width_to(&self, offset: usize) -> Widths {
        let at = offset / STRIDE;
        let before = self.marks().get(at).copied().unwrap_or_default();
        let rest = self.text.get(self.mark(at)..offset).map_or_else(Widths::default, Widths::of);
        Widths { characters: before.characters + rest.characters, utf16: before.utf16 + rest.utf16 }
    }

    /// The width of the text before each mark.
    fn marks(&self) -> &[Widths] {
        self.marks.get_or_init(|| {
            let mut sum = Widths::default();
            let mut marks = vec![sum];
            for at in 1..=self.text.len() / STRIDE {
                let part = self.text.get(self.mark(at - 1)..self.mark(at)).map_or_else(Widths::default, Widths::of);
                sum = Widths { characters: sum.characters + part.characters, utf16: sum.utf16 + part.utf16 };
                marks.push(sum);
            }
            marks
        })
    }

    /// The offset of a mark: the first character boundary at or after its multiple of [`STRIDE`].
    fn mark(&self, at: usize) -> usize {
        (at * STRIDE..self.text.len()).find(|offset| self.text.is_char_boundary(*offset)).unwrap_or(self.text.len())
    }

    /// Line and column of a byte offset, with the column in UTF-8 bytes (reviewdog).
    #[must_use]
    pub fn position_bytes(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let (line, start) = self.line_of(offset);
        Position { line: line + 1, column: offset - start + 1 }
    }

    /// Line and column of a byte offset, with the column in Unicode characters (for people, `path:line:col`).
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let (line, before) = self.width_on_line(offset);
        Position { line: line + 1, column: before.characters + 1 }
    }

    /// Line and column of a byte offset, with the column in UTF-16 code units (SARIF `columnKind: utf16CodeUnits`).
    #[must_use]
    pub fn position_utf16(&self, offset: usize) -> Position {
        let (line, before) = self.width_on_line(offset);
        Position { line: line + 1, column: before.utf16 + 1 }
    }
}

/// All texts of a run. Readers on several threads add texts; none is ever removed.
#[derive(Debug, Default)]
pub struct Sources {
    list: RwLock<Vec<Arc<Source>>>,
    /// The texts of [`Sources::add_once`], by path.
    once: Mutex<HashMap<PathBuf, SourceId>>,
}

impl Sources {
    /// Adds a text with the path that reports show.
    pub fn add(&self, path: impl Into<PathBuf>, text: String) -> SourceId {
        self.store(Source::new(path.into(), text, Redactions::default()))
    }

    /// Adds a text that may not be shown: from the environment, the command line, or a file outside of the repository.
    pub fn add_hidden(&self, path: impl Into<PathBuf>, text: String) -> SourceId {
        self.store(Source::new(path.into(), text, Redactions::everything()))
    }

    /// Marks the text of a span as not to be shown.
    pub fn hide(&self, span: Span) {
        self.get(span.source).redactions.hide(span.range());
    }

    /// Marks a complete text as not to be shown.
    pub fn hide_all(&self, id: SourceId) {
        self.get(id).redactions.hide_all();
    }

    /// Marks a text as a file outside of the repository: it may not be shown, and nothing is reported in it.
    pub fn mark_outside(&self, id: SourceId) {
        let source = self.get(id);
        source.outside.store(true, Ordering::Relaxed);
        source.redactions.hide_all();
    }

    /// The text of a span for reports, shortened to a readable length; `None` if any part of it may not be shown.
    #[must_use]
    pub fn quote(&self, span: Span) -> Option<String> {
        self.get(span.source).quote(span).map(brief_of)
    }

    fn store(&self, source: Source) -> SourceId {
        let source = Arc::new(source);
        let mut list = self.list.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.push(source);
        SourceId(u32::try_from(list.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds a text that several readers read, such as a values file for all roots: the same text at the same path has the same id.
    pub fn add_once(&self, path: impl Into<PathBuf>, text: String) -> SourceId {
        let path = path.into();
        let mut once = self.once.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // The file may have changed between two reads: places in one text must not point into the other.
        if let Some(id) = once.get(&path).filter(|id| self.get(**id).text() == text) {
            return *id;
        }
        let id = self.add(path.clone(), text);
        once.insert(path, id);
        id
    }

    /// The text with this id; an empty text without a path if the store has none.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Arc<Source> {
        let list = self.list.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.get(id.0 as usize).cloned().unwrap_or_else(|| Arc::new(Source::new(PathBuf::new(), String::new(), Redactions::everything())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_on_long_lines_equal_counted_ones() {
        for unit in ["a", "é", "日本", "x😀y", "e\u{301}"] {
            let text = format!("{}\n{}", "short", unit.repeat(5 * STRIDE / unit.len() + 3));
            let sources = Sources::default();
            let source = sources.get(sources.add("long.json", text.clone()));
            let start = "short\n".len();
            for (offset, _) in text.char_indices().skip(start).filter(|(offset, _)| offset % 97 == 0 || offset % STRIDE < 5) {
                let before = &text[start..offset];
                assert_eq!(source.position(offset), Position { line: 2, column: before.chars().count() + 1 }, "{unit} {offset}");
                assert_eq!(
                    source.position_utf16(offset),
                    Position { line: 2, column: before.encode_utf16().count() + 1 },
                    "{unit} {offset}"
                );
                assert_eq!(source.position_bytes(offset), Position { line: 2, column: before.len() + 1 }, "{unit} {offset}");
            }
        }
    }

    #[test]
    fn same_text_at_the_same_path_is_added_once() {
        let sources = Sources::default();
        let first = sources.add_once("a.tfvars", "a = 1".to_owned());
        assert_eq!(sources.add_once("a.tfvars", "a = 1".to_owned()), first);
        let others = [sources.add_once("a.tfvars", "a = 2".to_owned()), sources.add_once("b.tfvars", "a = 1".to_owned())];
        assert!(others[0] != first && others[1] != first && others[0] != others[1]);
    }

    #[test]
    fn columns_are_counted_in_characters_utf16_units_and_bytes() {
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
