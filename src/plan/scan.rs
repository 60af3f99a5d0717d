//! A pull scanner over JSON of any size: it steps into what matters, keeps single values whole, and skips all else at the speed of memory.

use super::bits::{self, BLOCK, Carry};
use super::feed::{Feed, FeedError, HEADROOM};
use crate::base::Place;
use memchr::{memchr_iter, memchr2, memmem, memrchr};
use std::sync::Arc;

/// Values nested deeper than this are refused; Terraform's own limit on types is far below.
const DEPTH: usize = 10_000;

const IN_STRING: &str = "it ends inside of a string: the file is truncated";
const IN_MIDDLE: &str = "it ends in the middle: the file is truncated";

/// Why the document cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(super) struct ScanError {
    /// What is wrong, as a clause: "it ends inside of a string".
    pub what: String,
    /// The byte of the document at which it shows, from 0.
    pub offset: u64,
    /// Line and column, from 1.
    pub spot: ScanPosition,
    /// What kind of failure it is.
    pub kind: ScanErrorKind,
}

/// Why reading a document stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanErrorKind {
    /// It is not JSON.
    Syntax,
    /// It is JSON of another shape than plans and states have.
    Shape,
    /// The system failed to read it.
    Input,
}

/// A position in the document, both counted from 1, the column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScanPosition {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl ScanPosition {
    /// The place of what a pointer leads to in a document, which is here.
    pub(super) fn place(self, file: &Arc<str>, pointer: &str) -> Place {
        Place::json(file, pointer, Some((self.line, self.column)))
    }
}

/// Where something that the buffer keeps begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    offset: u64,
    spot: ScanPosition,
}

impl Held {
    /// What is wrong there.
    pub(super) fn broken(self, what: impl Into<String>) -> ScanError {
        ScanError { what: what.into(), offset: self.offset, spot: self.spot, kind: ScanErrorKind::Syntax }
    }
}

/// A value kept whole.
pub(super) struct RawValue<'s> {
    /// Its text.
    pub text: &'s [u8],
    /// The document's byte at which it begins.
    pub offset: u64,
    /// Where it begins.
    pub spot: ScanPosition,
}

/// The scanner. `at` is the byte it looks at next.
pub(super) struct PlanScanner<'p> {
    feed: Feed<'p>,
    buffer: Vec<u8>,
    at: usize,
    /// The document's offset of the buffer's first byte; before the document, it wraps around.
    base: u64,
    /// From where on the buffer must be kept.
    mark: Option<usize>,
    ended: bool,
    /// Counted up to this place of the buffer, which is on this line, which begins at this offset of the document.
    counted: usize,
    line: usize,
    line_start: u64,
    /// The open brackets of a value that is being skipped; kept to be used again.
    open: Vec<u8>,
    /// What is counted in a value that is being skipped.
    tally: Option<Tally>,
}

/// Counts how often a text occurs in what is skipped, however the text is cut into blocks.
struct Tally {
    text: &'static [u8],
    count: usize,
    /// Counted up to this place of the buffer.
    from: usize,
    /// The last bytes before that place, too few to hold the text.
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
            ended: false,
            counted: 0,
            line: 1,
            line_start: 0,
            open: Vec::new(),
            tally: None,
        }
    }

    /// The next byte that is not white space, without taking it; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, ScanError> {
        loop {
            while let Some(&byte) = self.buffer.get(self.at) {
                if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                    return Ok(Some(byte));
                }
                self.at += 1;
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// As [`Self::peek`], where the document may not end.
    pub(super) fn peek_some(&mut self) -> Result<u8, ScanError> {
        self.peek()?.ok_or_else(|| self.broken(IN_MIDDLE))
    }

    /// Takes the next byte that is not white space if it is this one.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, ScanError> {
        let found = self.peek_some()? == byte;
        self.at += usize::from(found);
        Ok(found)
    }

    /// Takes this byte.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), ScanError> {
        if self.take(byte)? { Ok(()) } else { Err(self.broken(format!("`{}` is missing", char::from(byte)))) }
    }

    /// In an object: whether a key follows, without taking it; takes what is before it or the closing bracket.
    pub(super) fn has_key(&mut self, first: &mut bool) -> Result<bool, ScanError> {
        if self.take(b'}')? {
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        if self.peek_some()? == b'"' { Ok(true) } else { Err(self.broken("expected a key in double quotes")) }
    }

    /// In an array: whether another element follows; takes the comma before it or the closing bracket.
    pub(super) fn element(&mut self, first: &mut bool) -> Result<bool, ScanError> {
        if self.take(b']')? {
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Takes a string and gives what is between its quotes as it is written, escapes and all.
    pub(super) fn raw_string(&mut self) -> Result<&[u8], ScanError> {
        if self.peek_some()? != b'"' {
            return Err(self.broken("a string is missing"));
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
                    if !self.more()? {
                        self.at = self.buffer.len();
                        return Err(self.broken(IN_STRING));
                    }
                }
            }
        }
        self.at += length;
        Ok(self.buffer.get(self.at + 1 - length..self.at - 1).unwrap_or_default())
    }

    /// Takes a value whole and hands it to `read`.
    pub(super) fn keep_value<T>(&mut self, read: impl FnOnce(&RawValue) -> Result<T, ScanError>) -> Result<T, ScanError> {
        // A value of an entry that is held must not let go of the entry.
        let held_outside = self.mark.is_some();
        let held = self.hold()?;
        self.skip()?;
        let result = read(&self.kept(held));
        if !held_outside {
            self.mark = None;
        }
        result
    }

    /// From the coming value on, the buffer keeps what it has.
    pub(super) fn hold(&mut self) -> Result<Held, ScanError> {
        self.peek_some()?;
        self.mark = Some(self.mark.map_or(self.at, |mark| mark.min(self.at)));
        Ok(Held { offset: self.offset(self.at), spot: self.here() })
    }

    /// The buffer need not keep anything.
    pub(super) fn release(&mut self) {
        self.mark = None;
    }

    /// What was taken since `held`.
    pub(super) fn kept(&self, held: Held) -> RawValue<'_> {
        let from = usize::try_from(held.offset.wrapping_sub(self.base)).unwrap_or(usize::MAX);
        RawValue { text: self.buffer.get(from..self.at).unwrap_or_default(), offset: held.offset, spot: held.spot }
    }

    /// Skips the coming value. Of its inside, strings and brackets are checked.
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
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => self.skip_word(),
            _ => Err(self.broken("a value is missing")),
        }
    }

    /// Skips the coming value and counts how often a text occurs in it.
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

    /// Skips the rest of the object whose inside the scanner is in.
    pub(super) fn skip_rest_of_object(&mut self) -> Result<(), ScanError> {
        self.open.clear();
        self.open.push(b'{');
        self.skip_open()
    }

    /// Skips until the last open bracket is closed.
    fn skip_open(&mut self) -> Result<(), ScanError> {
        let mut carry = Carry::default();
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let (mut bits, whole) = if let Some(block) = rest.first_chunk::<BLOCK>() {
                (bits::brackets(block, &mut carry), true)
            } else if self.more()? {
                continue;
            } else {
                let rest = self.buffer.get(self.at..).unwrap_or_default();
                // Blanks after the end of the document open and close nothing.
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
                        return Err(self.broken(format!("values are nested more than {DEPTH} deep")));
                    }
                    continue;
                }
                // `{` and `}`, `[` and `]` are two apart.
                if self.open.pop() != Some(byte - 2) {
                    self.at = here;
                    return Err(self.broken(format!("unmatched `{}`", char::from(byte))));
                }
                if self.open.is_empty() {
                    self.at = here + 1;
                    return Ok(());
                }
            }
            if !whole {
                self.at = self.buffer.len();
                return Err(self.broken(if carry.is_in_string() { IN_STRING } else { IN_MIDDLE }));
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
                    if !self.more()? {
                        self.at = self.buffer.len();
                        return Err(self.broken(IN_STRING));
                    }
                }
            }
        }
    }

    /// Skips a number, `true`, `false` or `null`.
    fn skip_word(&mut self) -> Result<(), ScanError> {
        loop {
            while let Some(byte) = self.buffer.get(self.at) {
                if !matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E') {
                    return Ok(());
                }
                self.at += 1;
            }
            if !self.more()? {
                return Ok(());
            }
        }
    }

    /// Gets the next block of the document; false at its end. What is neither held nor ahead is let go.
    fn more(&mut self) -> Result<bool, ScanError> {
        if self.ended {
            return Ok(false);
        }
        let keep = self.mark.unwrap_or(self.at).min(self.at).min(self.buffer.len());
        if let Some(tally) = &mut self.tally {
            tally.take(&self.buffer, self.at.min(self.buffer.len()));
        }
        self.count_lines(keep);
        match self.feed.next() {
            None => {
                self.ended = true;
                Ok(false)
            }
            Some(Ok(mut block)) => {
                let left = self.buffer.get(keep..).unwrap_or_default();
                let start = HEADROOM.saturating_sub(left.len());
                match block.get_mut(start..HEADROOM).filter(|room| room.len() == left.len()) {
                    Some(room) => {
                        room.copy_from_slice(left);
                        self.feed.done_with(std::mem::replace(&mut self.buffer, block));
                    }
                    None => {
                        self.buffer.drain(..keep);
                        self.buffer.extend_from_slice(block.get(HEADROOM..).unwrap_or_default());
                        self.feed.done_with(block);
                    }
                }
                // What was at `keep` is at `start` now.
                self.base = self.offset(keep).wrapping_sub(start as u64);
                let moved = |place: usize| place - keep + start;
                self.at = moved(self.at);
                self.counted = moved(self.counted);
                self.mark = self.mark.map(moved);
                self.tally.iter_mut().for_each(|tally| tally.from = moved(tally.from));
                Ok(true)
            }
            Some(Err(fault)) => {
                self.ended = true;
                self.at = self.buffer.len();
                Err(match fault {
                    FeedError::NotText => self.broken("it is not UTF-8 text"),
                    FeedError::Read(error) => ScanError { kind: ScanErrorKind::Input, ..self.broken(error.to_string()) },
                })
            }
        }
    }

    /// The document's offset of a place of the buffer.
    fn offset(&self, place: usize) -> u64 {
        self.base.wrapping_add(place as u64)
    }

    /// Counts lines up to a place of the buffer.
    fn count_lines(&mut self, to: usize) {
        let Some(seen) = self.buffer.get(self.counted..to) else { return };
        if let Some(last) = memrchr(b'\n', seen) {
            self.line += memchr_iter(b'\n', seen).count();
            self.line_start = self.offset(self.counted + last + 1);
        }
        self.counted = to;
    }

    /// Line and column of a place of the buffer at or after all places asked for before.
    fn spot(&mut self, place: usize) -> ScanPosition {
        self.count_lines(place);
        let column = self.offset(place).saturating_sub(self.line_start);
        ScanPosition { line: self.line, column: usize::try_from(column).unwrap_or(usize::MAX - 1) + 1 }
    }

    /// Where the scanner is.
    pub(super) fn here(&mut self) -> ScanPosition {
        self.spot(self.at)
    }

    /// What is wrong where the scanner is.
    pub(super) fn broken(&mut self, what: impl Into<String>) -> ScanError {
        ScanError { what: what.into(), offset: self.offset(self.at), spot: self.here(), kind: ScanErrorKind::Syntax }
    }

    /// What has another shape than is expected where the scanner is.
    pub(super) fn misshapen(&mut self, what: impl Into<String>) -> ScanError {
        ScanError { kind: ScanErrorKind::Shape, ..self.broken(what) }
    }
}
