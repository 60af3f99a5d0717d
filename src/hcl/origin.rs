//! Where a text that is parsed comes from, so that offsets in it become spans in a source.

use crate::base::{SourceId, Span};
use std::ops::Range;

/// Where a text comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// It is a source, or a part of one that begins at this offset.
    At(SourceId, usize),
    /// It was made while evaluating (`templatestring`, `templatefile`): everything in it is at this span.
    Within(Span),
    /// It is a string of a JSON source whose escapes were resolved.
    Unescaped(SourceId, OffsetMap),
}

impl Origin {
    /// The span of a range of the text.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        match self {
            Self::At(source, offset) => Span::new(*source, range.start + offset..range.end + offset),
            Self::Within(span) => *span,
            Self::Unescaped(source, map) => Span::new(*source, map.source(range.start)..map.source(range.end)),
        }
    }
}

/// Offsets in a text whose escapes were resolved → offsets in the text as it is written.
#[derive(Clone, Debug)]
pub struct OffsetMap {
    /// How much larger offsets in the source are before the first escape.
    start: usize,
    /// From this offset of the text on, offsets in the source are this much larger; sorted. Most texts have no escape and take no memory.
    shifts: Vec<(usize, usize)>,
}

impl OffsetMap {
    /// A map of a text that begins at this offset of the source.
    #[must_use]
    pub fn new(start: usize) -> Self {
        Self { start, shifts: Vec::new() }
    }

    /// Notes that offset `text` of the resolved text is offset `source` of the source, and so on from there.
    pub fn note(&mut self, text: usize, source: usize) {
        self.shifts.push((text, source.saturating_sub(text)));
    }

    /// The offset in the source.
    #[must_use]
    pub fn source(&self, text: usize) -> usize {
        let after = self.shifts.partition_point(|&(from, _)| from <= text);
        let shift = after.checked_sub(1).and_then(|at| self.shifts.get(at)).map_or(self.start, |&(_, shift)| shift);
        text + shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_behind_an_escape_are_those_of_the_source() {
        // Source `"a\u0062c"`: the text `abc` begins at 1, its `c` is at 8.
        let mut map = OffsetMap::new(1);
        map.note(2, 8);
        assert_eq!([0, 1, 2, 3].map(|at| map.source(at)), [1, 2, 8, 9]);
    }
}
