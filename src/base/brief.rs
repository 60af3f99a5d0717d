//! Sentences that may quote megabytes of a hostile file, cut to a length that people read.

/// The longest sentence, in bytes.
const LONGEST: usize = 2000;

/// Whether a sentence is longer than anyone reads.
pub(super) fn is_long(text: &str) -> bool {
    text.len() > LONGEST
}

/// A sentence that may quote megabytes of a hostile file: what is too long is left out of its middle.
#[must_use]
pub fn brief(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let (start, end) = text.split_at(text.floor_char_boundary(LONGEST / 2));
    let (_, end) = end.split_at(end.ceil_char_boundary(end.len() - LONGEST / 4));
    format!("{start} … {end}")
}
