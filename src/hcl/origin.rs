//! Where a parsed text comes from, to convert offsets in it to spans in a source.

use crate::base::{SourceId, Span};
use std::ops::Range;

/// Where a text comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// It is a source, or the part of one that begins at this offset.
    At(SourceId, usize),
    /// It was computed during evaluation (`templatestring`, `templatefile`): everything in it has this span.
    Within(Span),
    /// It is a string of a JSON source, with escapes resolved.
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

/// Maps offsets in a text with resolved escapes to offsets in the source.
#[derive(Clone, Debug)]
pub struct OffsetMap {
    /// The difference between offsets in the source and in the text before the first escape.
    start: usize,
    /// Offsets in the text, and the difference from there on; sorted. Empty for most texts, which have no escapes.
    shifts: Vec<(usize, usize)>,
}

impl OffsetMap {
    /// The map of a text that begins at this offset of the source.
    #[must_use]
    pub fn new(start: usize) -> Self {
        Self { start, shifts: Vec::new() }
    }

    /// Records that offset `text` of the resolved text is offset `source` of the source; later offsets have the same difference.
    pub fn record(&mut self, text: usize, source: usize) {
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
    fn offsets_after_an_escape_are_mapped_to_the_source() {
        // Source `"a\u0062c"`: the text `abc` begins at 1, its `c` is at 8.
        let mut map = OffsetMap::new(1);
        map.record(2, 8);
        assert_eq!([0, 1, 2, 3].map(|at| map.source(at)), [1, 2, 8, 9]);
    }
}
