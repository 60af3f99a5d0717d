//! A pull scanner over JSON of any size: it steps into the parts that matter, keeps single values, and skips everything else at the
//! speed of memory.

use super::bits::{self, BLOCK, Carry};
use super::feed::{Feed, FeedError, HEADROOM};
use crate::base::Place;
use memchr::{memchr_iter, memchr2, memmem, memrchr};
use std::sync::Arc;

/// Values nested more deeply are an error; Terraform's own limit on types is far lower.
const DEPTH: usize = 10_000;

const ENDS_IN_STRING: &str = "it ends inside a string: the file is truncated";
const ENDS_EARLY: &str = "it ends in the middle: the file is truncated";

/// Why the document cannot be read any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(super) struct ScanError {
    /// The error as a clause: "it ends inside a string".
    pub what: String,
    /// The byte offset in the document, from 0.
    pub offset: u64,
    pub position: ScanPosition,
    pub kind: ScanErrorKind,
}

/// The kind of a [`ScanError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanErrorKind {
    /// It is not JSON.
    Syntax,
    /// It is JSON, but not of the shape of a plan or a state.
    Shape,
    /// Reading the input failed.
    Input,
}

/// A position in the document. Line and column are counted from 1, the column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScanPosition {
    pub line: usize,
    pub column: usize,
}

impl ScanPosition {
    /// The place of the value with this JSON pointer, which begins here.
    pub(super) fn place(self, file: &Arc<str>, pointer: &str) -> Place {
        Place::json(file, pointer, Some((self.line, self.column)))
    }
}

/// The beginning of the text that the buffer must keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct BufferMark {
    offset: u64,
    position: ScanPosition,
}

impl BufferMark {
    /// A syntax error there.
    pub(super) fn syntax_error(self, what: impl Into<String>) -> ScanError {
        ScanError { what: what.into(), offset: self.offset, position: self.position, kind: ScanErrorKind::Syntax }
    }
}

/// The complete text of a value, and where it begins.
pub(super) struct RawValue<'s> {
    pub text: &'s [u8],
    /// The byte offset in the document.
    pub offset: u64,
    pub position: ScanPosition,
}

/// The scanner. `at` is the buffer index of the next byte.
pub(super) struct PlanScanner<'p> {
    feed: Feed<'p>,
    buffer: Vec<u8>,
    at: usize,
    /// The document offset of the buffer's first byte. It wraps around for bytes in front of the document.
    base: u64,
    /// The buffer index from which on bytes must be kept.
    mark: Option<usize>,
    is_at_end: bool,
    /// The buffer index up to which lines are counted. It is on line `line`, which begins at the document offset `line_start`.
    counted: usize,
    line: usize,
    line_start: u64,
    /// The open brackets of a value that is being skipped; a field so that its memory is reused.
    open: Vec<u8>,
    /// Counts a text in a value that is being skipped.
    tally: Option<Tally>,
}

/// Counts how often a text occurs in a skipped value, even across blocks.
struct Tally {
    text: &'static [u8],
    count: usize,
    /// The buffer index up to which the text is counted.
    from: usize,
    /// The last bytes before that index, one fewer than the text has.
    tail: Vec<u8>,
}

impl Tally {
    fn take(&mut self, buffer: &[u8], to: usize) {
        let Some(seen) = buffer.get(self.from..to) else { return };
        let before = self.text.len() - 1;
        self.count += memmem::find_iter(seen, self.text).count();
        self.tail.extend_from_slice(seen.get(..before).unwrap_or(seen));
        self.count += memmem::find_iter(&self.tail, self.text).count();
        if seen.len() >= before {
            self.tail.clear();
            self.tail.extend_from_slice(seen.get(seen.len() - before..).unwrap_or_default());
        } else {
            self.tail.drain(..self.tail.len().saturating_sub(before));
        }
        self.from = to;
    }
}

impl<'p> PlanScanner<'p> {
    pub(super) fn new(feed: Feed<'p>) -> Self {
        Self {
            feed,
            buffer: Vec::new(),
            at: 0,
            base: 0,
            mark: None,
            is_at_end: false,
            counted: 0,
            line: 1,
            line_start: 0,
            open: Vec::new(),
            tally: None,
        }
    }

    /// The next byte that is not whitespace, without consuming it; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, ScanError> {
        loop {
            while let Some(&byte) = self.buffer.get(self.at) {
                if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                    return Ok(Some(byte));
                }
                self.at += 1;
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    /// Like [`Self::peek`], but the end of the document is an error.
    pub(super) fn peek_some(&mut self) -> Result<u8, ScanError> {
        self.peek()?.ok_or_else(|| self.syntax_error(ENDS_EARLY))
    }

    /// Consumes the next byte that is not whitespace if it is this one.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, ScanError> {
        let found = self.peek_some()? == byte;
        self.at += usize::from(found);
        Ok(found)
    }

    /// Consumes this byte, or fails.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), ScanError> {
        if self.take(byte)? { Ok(()) } else { Err(self.syntax_error(format!("expected `{}`", char::from(byte)))) }
    }

    /// In an object: consumes everything up to the next key, or the closing bracket, and returns whether there is a key.
    pub(super) fn advance_to_key(&mut self, first: &mut bool) -> Result<bool, ScanError> {
        if self.take(b'}')? {
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        if self.peek_some()? == b'"' { Ok(true) } else { Err(self.syntax_error("expected a key in double quotes")) }
    }

    /// In an array: consumes the comma before the next element, or the closing bracket, and returns whether there is an element.
    pub(super) fn advance_to_element(&mut self, first: &mut bool) -> Result<bool, ScanError> {
        if self.take(b']')? {
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Consumes a string and returns the text between its quotes, with escapes not decoded.
    pub(super) fn raw_string(&mut self) -> Result<&[u8], ScanError> {
        if self.peek_some()? != b'"' {
            return Err(self.syntax_error("expected a string"));
        }
        let mut length = 1;
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            match memchr2(b'"', b'\\', rest.get(length..).unwrap_or_default()) {
                Some(found) if rest.get(length + found) == Some(&b'"') => {
                    length += found + 1;
                    break;
                }
                Some(found) if length + found + 1 < rest.len() => length += found + 2,
                found => {
                    length = found.map_or(rest.len(), |found| length + found);
                    if !self.refill()? {
                        self.at = self.buffer.len();
                        return Err(self.syntax_error(ENDS_IN_STRING));
                    }
                }
            }
        }
        self.at += length;
        Ok(self.buffer.get(self.at + 1 - length..self.at - 1).unwrap_or_default())
    }

    /// Consumes a value and passes its text to `read`.
    pub(super) fn read_value<T>(&mut self, read: impl FnOnce(&RawValue) -> Result<T, ScanError>) -> Result<T, ScanError> {
        // Reading a value inside a held entry must not release the entry.
        let is_held_outside = self.mark.is_some();
        let mark = self.hold()?;
        self.skip()?;
        let result = read(&self.raw_since(mark));
        if !is_held_outside {
            self.mark = None;
        }
        result
    }

    /// Makes the buffer keep everything from the next value on.
    pub(super) fn hold(&mut self) -> Result<BufferMark, ScanError> {
        self.peek_some()?;
        self.mark = Some(self.mark.map_or(self.at, |mark| mark.min(self.at)));
        Ok(BufferMark { offset: self.offset(self.at), position: self.here() })
    }

    /// Lets the buffer drop consumed bytes again.
    pub(super) fn release(&mut self) {
        self.mark = None;
    }

    /// The text consumed since `mark`.
    pub(super) fn raw_since(&self, mark: BufferMark) -> RawValue<'_> {
        let from = usize::try_from(mark.offset.wrapping_sub(self.base)).unwrap_or(usize::MAX);
        RawValue { text: self.buffer.get(from..self.at).unwrap_or_default(), offset: mark.offset, position: mark.position }
    }

    /// Skips the next value. Only its strings and brackets are checked.
    pub(super) fn skip(&mut self) -> Result<(), ScanError> {
        match self.peek_some()? {
            b'{' | b'[' => {
                self.open.clear();
                self.skip_open()
            }
            b'"' => {
                self.at += 1;
                self.skip_string()
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => self.skip_literal(),
            _ => Err(self.syntax_error("expected a value")),
        }
    }

    /// Skips the next value and counts how often a text occurs in it.
    pub(super) fn skip_and_count(&mut self, text: &'static [u8]) -> Result<usize, ScanError> {
        self.peek_some()?;
        self.tally = Some(Tally { text, count: 0, from: self.at, tail: Vec::new() });
        let outcome = self.skip();
        let count = self.tally.take().map_or(0, |mut tally| {
            tally.take(&self.buffer, self.at);
            tally.count
        });
        outcome.map(|()| count)
    }

    /// Skips the rest of the object that the scanner is in.
    pub(super) fn skip_rest_of_object(&mut self) -> Result<(), ScanError> {
        self.open.clear();
        self.open.push(b'{');
        self.skip_open()
    }

    /// Skips to the end of the outermost open bracket.
    fn skip_open(&mut self) -> Result<(), ScanError> {
        let mut carry = Carry::default();
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let (mut bits, is_full_block) = if let Some(block) = rest.first_chunk::<BLOCK>() {
                (bits::brackets(block, &mut carry), true)
            } else if self.refill()? {
                continue;
            } else {
                let rest = self.buffer.get(self.at..).unwrap_or_default();
                // The document ends in this block: pad it with blanks.
                let mut block = [b' '; BLOCK];
                for (to, from) in block.iter_mut().zip(rest) {
                    *to = *from;
                }
                (bits::brackets(&block, &mut carry), false)
            };
            while bits != 0 {
                let here = self.at + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let byte = self.buffer.get(here).copied().unwrap_or_default();
                // `{` and `[` have this bit, `}` and `]` do not.
                if byte & 2 != 0 {
                    self.open.push(byte);
                    if self.open.len() > DEPTH {
                        self.at = here;
                        return Err(self.syntax_error(format!("values are nested more than {DEPTH} deep")));
                    }
                    continue;
                }
                // The codes of `{` and `}` differ by 2, and so do those of `[` and `]`.
                if self.open.pop() != Some(byte - 2) {
                    self.at = here;
                    return Err(self.syntax_error(format!("unmatched `{}`", char::from(byte))));
                }
                if self.open.is_empty() {
                    self.at = here + 1;
                    return Ok(());
                }
            }
            if !is_full_block {
                self.at = self.buffer.len();
                return Err(self.syntax_error(if carry.is_in_string() { ENDS_IN_STRING } else { ENDS_EARLY }));
            }
            self.at += BLOCK;
        }
    }

    /// Skips the rest of a string, after its opening quote.
    fn skip_string(&mut self) -> Result<(), ScanError> {
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            match memchr2(b'"', b'\\', rest) {
                Some(found) if rest.get(found) == Some(&b'"') => {
                    self.at += found + 1;
                    return Ok(());
                }
                Some(found) if found + 1 < rest.len() => self.at += found + 2,
                found => {
                    self.at += found.unwrap_or(rest.len());
                    if !self.refill()? {
                        self.at = self.buffer.len();
                        return Err(self.syntax_error(ENDS_IN_STRING));
                    }
                }
            }
        }
    }

    /// Skips a number, `true`, `false` or `null`.
    fn skip_literal(&mut self) -> Result<(), ScanError> {
        loop {
            while let Some(byte) = self.buffer.get(self.at) {
                if !matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E') {
                    return Ok(());
                }
                self.at += 1;
            }
            if !self.refill()? {
                return Ok(());
            }
        }
    }

    /// Gets the next block of the document; false at its end. Drops bytes that are consumed and not held.
    fn refill(&mut self) -> Result<bool, ScanError> {
        if self.is_at_end {
            return Ok(false);
        }
        let keep = self.mark.unwrap_or(self.at).min(self.at).min(self.buffer.len());
        if let Some(tally) = &mut self.tally {
            tally.take(&self.buffer, self.at.min(self.buffer.len()));
        }
        self.count_lines(keep);
        match self.feed.next() {
            None => {
                self.is_at_end = true;
                Ok(false)
            }
            Some(Ok(mut block)) => {
                let left = self.buffer.get(keep..).unwrap_or_default();
                let start = HEADROOM.saturating_sub(left.len());
                match block.get_mut(start..HEADROOM).filter(|room| room.len() == left.len()) {
                    Some(room) => {
                        room.copy_from_slice(left);
                        self.feed.recycle(std::mem::replace(&mut self.buffer, block));
                    }
                    None => {
                        self.buffer.drain(..keep);
                        self.buffer.extend_from_slice(block.get(HEADROOM..).unwrap_or_default());
                        self.feed.recycle(block);
                    }
                }
                // The byte at `keep` is now at `start`.
                self.base = self.offset(keep).wrapping_sub(start as u64);
                let moved = |index: usize| index - keep + start;
                self.at = moved(self.at);
                self.counted = moved(self.counted);
                self.mark = self.mark.map(moved);
                self.tally.iter_mut().for_each(|tally| tally.from = moved(tally.from));
                Ok(true)
            }
            Some(Err(error)) => {
                self.is_at_end = true;
                self.at = self.buffer.len();
                Err(match error {
                    FeedError::NotText => self.syntax_error("it is not UTF-8 text"),
                    FeedError::Read(error) => ScanError { kind: ScanErrorKind::Input, ..self.syntax_error(error.to_string()) },
                })
            }
        }
    }

    /// The document offset of a buffer index.
    fn offset(&self, index: usize) -> u64 {
        self.base.wrapping_add(index as u64)
    }

    /// Counts lines up to a buffer index.
    fn count_lines(&mut self, to: usize) {
        let Some(seen) = self.buffer.get(self.counted..to) else { return };
        if let Some(last) = memrchr(b'\n', seen) {
            self.line += memchr_iter(b'\n', seen).count();
            self.line_start = self.offset(self.counted + last + 1);
        }
        self.counted = to;
    }

    /// The position of a buffer index, which must not be before the index of an earlier call.
    fn position_at(&mut self, index: usize) -> ScanPosition {
        self.count_lines(index);
        let column = self.offset(index).saturating_sub(self.line_start);
        ScanPosition { line: self.line, column: usize::try_from(column).unwrap_or(usize::MAX - 1) + 1 }
    }

    /// The position of the next byte.
    pub(super) fn here(&mut self) -> ScanPosition {
        self.position_at(self.at)
    }

    /// A syntax error at the next byte.
    pub(super) fn syntax_error(&mut self, what: impl Into<String>) -> ScanError {
        ScanError { what: what.into(), offset: self.offset(self.at), position: self.here(), kind: ScanErrorKind::Syntax }
    }

    /// An error at the next byte: the document does not have the expected shape.
    pub(super) fn shape_error(&mut self, what: impl Into<String>) -> ScanError {
        ScanError { kind: ScanErrorKind::Shape, ..self.syntax_error(what) }
    }
}
