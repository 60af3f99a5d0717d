//! Decides what may be shown: whether a value, an instance key or a part of a text may be quoted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// The text shown in place of a line that may not be quoted. Terraform uses the same words.
pub(crate) const NOT_SHOWN: &str = "(source code not available)";

/// The length limit for shown names from a document, in characters.
const MAX_NAME_LENGTH: usize = 64;
/// From how many characters a run of letters and digits looks like a token.
const MIN_TOKEN_LENGTH: usize = 16;

/// Whether a value may be shown. A sensitive value never is. A value from a file, the environment or the command line is shown if it is
/// harmless: one of the service's own words, or a number.
#[must_use]
pub(crate) fn may_show(sensitive: bool, from_file: bool, is_harmless: bool) -> bool {
    !sensitive && (!from_file || is_harmless)
}

/// Whether a name from a document may be shown: it must be short, without a run of letters and digits that looks like a token.
#[must_use]
pub(crate) fn may_show_name(text: &str) -> bool {
    if text.chars().count() > MAX_NAME_LENGTH {
        return false;
    }
    text.split(|c: char| !c.is_alphanumeric())
        .all(|run| run.chars().count() < MIN_TOKEN_LENGTH || !(run.contains(char::is_numeric) && run.contains(char::is_alphabetic)))
}

/// The parts of a text that may not be quoted.
#[derive(Debug, Default)]
pub(crate) struct Redactions {
    all: AtomicBool,
    /// The start and end of each hidden range. They do not overlap.
    ranges: RwLock<BTreeMap<usize, usize>>,
}

impl Redactions {
    /// Hides a complete text.
    #[must_use]
    pub(crate) fn everything() -> Self {
        Self { all: AtomicBool::new(true), ranges: RwLock::default() }
    }

    /// Hides everything.
    pub(crate) fn hide_all(&self) {
        self.all.store(true, Ordering::Relaxed);
    }

    /// Hides a range of bytes.
    pub(crate) fn hide(&self, range: Range<usize>) {
        let mut ranges = self.ranges.write().unwrap_or_else(PoisonError::into_inner);
        let (mut start, mut end) = (range.start, range.end);
        while let Some((known_start, known_end)) = ranges.range(..=end).next_back().map(|(start, end)| (*start, *end)) {
            if known_end < start {
                break;
            }
            (start, end) = (start.min(known_start), end.max(known_end));
            ranges.remove(&known_start);
        }
        ranges.insert(start, end);
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        !self.all.load(Ordering::Relaxed) && self.ranges.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether any part of a range is hidden.
    #[must_use]
    pub(crate) fn hides(&self, range: &Range<usize>) -> bool {
        if self.all.load(Ordering::Relaxed) {
            return true;
        }
        let ranges = self.ranges.read().unwrap_or_else(PoisonError::into_inner);
        // An empty range is a position; a position at the start of a hidden range is inside it.
        let last = range.end.max(range.start + 1);
        ranges.range(..last).next_back().is_some_and(|(start, end)| *end > range.start || *start == range.start)
    }

    /// A text without the lines that contain hidden parts; the lengths of lines are kept, so that positions stay valid.
    #[must_use]
    pub(crate) fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let start = out.len();
            let content = line.trim_end_matches(['\n', '\r']);
            if self.hides(&(start..start + content.len())) {
                // A shorter line has no space for the note.
                let note = if content.len() >= NOT_SHOWN.len() { NOT_SHOWN } else { "" };
                out.push_str(note);
                out.extend(std::iter::repeat_n(' ', content.len() - note.len()));
                out.push_str(line.get(content.len()..).unwrap_or_default());
            } else {
                out.push_str(line);
            }
        }
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_name_without_a_token_may_be_shown() {
        for name in
            ["", "prod", "eu-frankfurt-1", "a_long_name-with-many-parts_2024.json", "abcdefghijklmnopqrstuvwxyz", "1234567890123456"]
        {
            assert!(may_show_name(name), "{name}");
        }
        for name in ["AbcDef0123456789", "x ghp_1a2b3c4d5e6f7g8h9i", &"a-".repeat(33), "ключ0123456789012"] {
            assert!(!may_show_name(name), "{name}");
        }
    }

    #[test]
    fn hidden_lines_are_replaced_and_positions_kept() {
        let text = "a = 1\r\nthe_secret_of_the_house = \"x\"\nm = \"S\"\nb";
        let redactions = Redactions::default();
        assert_eq!(redactions.shown(text), text);
        let at = text.find("\"x\"").unwrap();
        redactions.hide(at..at + 3);
        let at = text.find("\"S\"").unwrap();
        redactions.hide(at..at + 3);
        assert_eq!(redactions.shown(text), "a = 1\r\n(source code not available)  \n       \nb");
        assert!(
            redactions.hides(&(at + 1..at + 2))
                && redactions.hides(&(at..at))
                && !redactions.hides(&(0..at - 10))
                && !redactions.hides(&(at + 3..at + 4))
        );
        assert!(Redactions::everything().hides(&(0..0)));
    }
}
