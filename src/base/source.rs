//! Source texts, spans in them, and lines and columns counted the ways our readers count.

use super::brief::brief_of;
use super::secrecy::Veil;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// Names one text of a [`Sources`] store. The number says nothing about order: sort by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

impl SourceId {
    /// The text of a file that is only looked at, and that no one will be shown.
    pub const UNSHOWN: Self = Self(u32::MAX);
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
    marks: OnceLock<Vec<Widths>>,
    veil: Veil,
    outside: AtomicBool,
}

/// How wide a beginning of a text is.
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

/// How many bytes are counted again and again at most: on a line of megabytes, as generated JSON has it, every column would be counted from
/// the line's start.
const STRIDE: usize = 4 << 10;

impl Source {
    fn new(path: PathBuf, text: String, veil: Veil) -> Self {
        Self { path, text, lines: OnceLock::new(), marks: OnceLock::new(), veil, outside: AtomicBool::new(false) }
    }

    /// The path as it is shown: relative to the working directory where possible.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The complete text, byte for byte as read (a byte order mark included).
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a file outside of the repository.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.outside.load(Ordering::Relaxed)
    }

    /// The text of a span for our own reading; empty where the span does not fit the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The text of a span for others to see; `None` where something of it may not be shown.
    #[must_use]
    pub fn quote(&self, span: Span) -> Option<&str> {
        if self.veil.hides(&span.range()) { None } else { self.text.get(span.range()) }
    }

    /// The text for others to see: lines that may not be shown are blank, and nothing moves.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        self.veil.shown(&self.text)
    }

    /// Whether a line (from 0) may be shown.
    #[must_use]
    pub fn shows_line(&self, index: usize) -> bool {
        self.line_starts().get(index).is_none_or(|start| self.shows_lines(&(*start..*start)))
    }

    /// Whether the lines that a range of bytes touches may all be shown.
    #[must_use]
    pub fn shows_lines(&self, range: &std::ops::Range<usize>) -> bool {
        if self.veil.is_empty() {
            return true;
        }
        let (first, last) = (self.line_index(range.start), self.line_index(range.end.max(range.start)));
        let start = self.line_starts().get(first).copied().unwrap_or(0);
        let end = self.line_starts().get(last + 1).copied().unwrap_or(self.text.len());
        !self.veil.hides(&(start..end))
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

    /// The line of a byte offset and where it begins.
    fn line_of(&self, offset: usize) -> (usize, usize) {
        let line = self.line_index(offset);
        (line, self.line_starts().get(line).copied().unwrap_or(0))
    }

    /// The line of a byte offset, and how wide the text from the line's beginning to it is.
    fn before(&self, offset: usize) -> (usize, Widths) {
        let offset = offset.min(self.text.len());
        let (line, start) = self.line_of(offset);
        if offset - start <= STRIDE {
            return (line, self.text.get(start..offset).map_or_else(Widths::default, Widths::of));
        }
        let (from, to) = (self.width_to(start), self.width_to(offset));
        (line, Widths { characters: to.characters - from.characters, utf16: to.utf16 - from.utf16 })
    }

    /// How wide the text before a byte offset is.
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

    /// Where a mark is: at the first beginning of a character from its multiple of [`STRIDE`] on.
    fn mark(&self, at: usize) -> usize {
        (at * STRIDE..self.text.len()).find(|offset| self.text.is_char_boundary(*offset)).unwrap_or(self.text.len())
    }

    /// Line and column of a byte offset, the column in bytes of UTF-8 (reviewdog).
    #[must_use]
    pub fn position_bytes(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let (line, start) = self.line_of(offset);
        Position { line: line + 1, column: offset - start + 1 }
    }

    /// Line and column of a byte offset, the column in Unicode characters (people, `path:line:col`).
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let (line, before) = self.before(offset);
        Position { line: line + 1, column: before.characters + 1 }
    }

    /// Line and column of a byte offset, the column in UTF-16 code units (SARIF `columnKind: utf16CodeUnits`).
    #[must_use]
    pub fn position_utf16(&self, offset: usize) -> Position {
        let (line, before) = self.before(offset);
        Position { line: line + 1, column: before.utf16 + 1 }
    }
}

/// All texts of a run. Readers on several threads add to it; what was added stays.
#[derive(Debug, Default)]
pub struct Sources {
    list: RwLock<Vec<Arc<Source>>>,
    /// Those that were added once, by path.
    once: Mutex<HashMap<PathBuf, SourceId>>,
}

impl Sources {
    /// Adds a text under the path that people will see.
    pub fn add(&self, path: impl Into<PathBuf>, text: String) -> SourceId {
        self.put(Source::new(path.into(), text, Veil::default()))
    }

    /// Adds a text of which nothing may be shown: of the environment, of the command line, of a file outside of the repository.
    pub fn add_hidden(&self, path: impl Into<PathBuf>, text: String) -> SourceId {
        self.put(Source::new(path.into(), text, Veil::over_all()))
    }

    /// Notes that what a span holds may not be shown.
    pub fn hide(&self, span: Span) {
        self.get(span.source).veil.hide(span.range());
    }

    /// Notes that nothing of a text may be shown.
    pub fn hide_all(&self, id: SourceId) {
        self.get(id).veil.hide_all();
    }

    /// Notes that a text is of a file outside of the repository: nothing of it may be shown, and nothing is reported in it.
    pub fn mark_outside(&self, id: SourceId) {
        let source = self.get(id);
        source.outside.store(true, Ordering::Relaxed);
        source.veil.hide_all();
    }

    /// The text of a span for others to see, cut to a length that people read; `None` where something of it may not be shown.
    #[must_use]
    pub fn quote(&self, span: Span) -> Option<String> {
        self.get(span.source).quote(span).map(brief_of)
    }

    fn put(&self, source: Source) -> SourceId {
        let source = Arc::new(source);
        let mut list = self.list.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.push(source);
        SourceId(u32::try_from(list.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds a text that several readers read, such as a values file for all roots: the same text at the same path has one id.
    pub fn add_once(&self, path: impl Into<PathBuf>, text: String) -> SourceId {
        let path = path.into();
        let mut once = self.once.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // The file may have changed between two readers: places of one text must not point into the other.
        if let Some(id) = once.get(&path).filter(|id| self.get(**id).text() == text) {
            return *id;
        }
        let id = self.add(path.clone(), text);
        once.insert(path, id);
        id
    }

    /// The text with this id; an empty text without a path where the id is of another store.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Arc<Source> {
        let list = self.list.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.get(id.0 as usize).cloned().unwrap_or_else(|| Arc::new(Source::new(PathBuf::new(), String::new(), Veil::over_all())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_far_out_on_a_line_are_those_that_counting_gives() {
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
