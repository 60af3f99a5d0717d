//! Positions in the client's terms: lines from 0, columns in the negotiated unit.

use crate::base::{Source, Span};
use lsp_types::{Position, PositionEncodingKind, Range};
use ropey::Rope;

/// The unit of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// UTF-16 code units, which every client knows.
    #[default]
    Utf16,
}

impl Encoding {
    /// The best encoding that a client offers; bytes need no conversion.
    pub(super) fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Self {
        if offered.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8)) { Self::Utf8 } else { Self::Utf16 }
    }

    /// Its name in the protocol.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// The range of a span.
    pub(super) fn range(self, source: &Source, span: Span) -> Range {
        let span = span.range();
        Range::new(self.position(source, span.start), self.position(source, span.end.max(span.start)))
    }

    /// The position of a byte offset.
    pub(super) fn position(self, source: &Source, offset: usize) -> Position {
        let at = match self {
            Self::Utf8 => source.position_bytes(offset),
            Self::Utf16 => source.position_utf16(offset),
        };
        let number = |one: usize| u32::try_from(one.saturating_sub(1)).unwrap_or(u32::MAX);
        Position::new(number(at.line), number(at.column))
    }

    /// The byte offset of a position, clamped to the end of its line and to the end of the text.
    pub(super) fn offset(self, text: &str, starts: &[usize], at: Position) -> usize {
        let line = at.line as usize;
        let Some(start) = starts.get(line).copied() else { return text.len() };
        let end = starts.get(line + 1).copied().unwrap_or(text.len());
        let content = text.get(start..end).unwrap_or_default();
        let content = content.strip_suffix("\r\n").or_else(|| content.strip_suffix('\n')).unwrap_or(content);
        let column = at.character as usize;
        match self {
            Self::Utf8 => start + content.floor_char_boundary(column),
            Self::Utf16 => {
                let mut left = column;
                for (offset, c) in content.char_indices() {
                    // A client may point into a surrogate pair: this is the position of its character.
                    if left < c.len_utf16() {
                        return start + offset;
                    }
                    left -= c.len_utf16();
                }
                start + content.len()
            }
        }
    }

    /// Like [`Self::offset`], but in a rope and in characters.
    pub(super) fn char_of(self, rope: &Rope, at: Position) -> usize {
        let found = || {
            let line = at.line as usize;
            let (start, content) = (rope.try_line_to_char(line).ok()?, rope.get_line(line)?);
            let last = |back: usize| content.len_chars().checked_sub(back).and_then(|at| content.get_char(at));
            let end = match (last(2), last(1)) {
                (Some('\r'), Some('\n')) => 2,
                (_, Some('\n')) => 1,
                _ => 0,
            };
            let length = content.len_chars().saturating_sub(end);
            let column = at.character as usize;
            let column = match self {
                Self::Utf8 => content.try_byte_to_char(column.min(content.len_bytes())).ok()?,
                Self::Utf16 => content.try_utf16_cu_to_char(column.min(content.len_utf16_cu())).ok()?,
            };
            Some(start + column.min(length))
        };
        found().unwrap_or_else(|| rope.len_chars())
    }
}

/// The byte offsets of the lines of a text.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Sources;

    #[test]
    fn positions_are_in_the_negotiated_unit_and_clamped_to_the_text() {
        let text = "a = \"é😀\" # x\r\nb\n";
        let sources = Sources::default();
        let source = sources.get(sources.add("a.tf", text.to_owned()));
        let at = text.find('#').unwrap();
        for (encoding, column) in [(Encoding::Utf8, 13), (Encoding::Utf16, 10)] {
            let position = encoding.position(&source, at);
            assert_eq!(position, Position::new(0, column));
            assert_eq!(encoding.offset(text, source.line_starts(), position), at);
            // After the end of the line and the text, and in the middle of a character.
            assert_eq!(encoding.offset(text, source.line_starts(), Position::new(0, 99)), text.find('\r').unwrap());
            assert_eq!(encoding.offset(text, source.line_starts(), Position::new(9, 0)), text.len());
            assert!(text.is_char_boundary(encoding.offset(text, source.line_starts(), Position::new(0, 7))));
        }
        // Positions in a rope are the same.
        for text in [text, "", "\n", "\r\n\r\n", "x\r\r\ny\r", "é\u{2028}a\u{b}b\u{85}\n😀"] {
            let (rope, starts) = (Rope::from_str(text), line_starts(text));
            for (line, column) in
                (0..5).flat_map(|line| (0..20).map(move |column| (line, column))).chain([(u32::MAX, u32::MAX), (0, u32::MAX)])
            {
                for encoding in [Encoding::Utf8, Encoding::Utf16] {
                    let at = Position::new(line, column);
                    let offset = encoding.offset(text, &starts, at);
                    assert_eq!(rope.char_to_byte(encoding.char_of(&rope, at)), offset, "{text:?} {line}:{column} {encoding:?}");
                }
            }
        }
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[PositionEncodingKind::UTF16, PositionEncodingKind::UTF8])), Encoding::Utf8);
    }
}
