//! What may be shown: the one place that decides whether a value, an instance's key or a piece of a text may be quoted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// What is shown in place of a line that may not be quoted. The words are Terraform's.
pub(crate) const NOT_SHOWN: &str = "(source code not available)";

/// The longest instance key from a file that is shown, in characters.
const LONGEST_KEY: usize = 64;
/// How many letters and digits in a row look like a token.
const TOKEN: usize = 16;

/// Whether a value may be shown. One that is sensitive never is; one that came from a file, the environment or the command line is if it is
/// harmless: one of the service's own words, or a number.
#[must_use]
pub(crate) fn may_show(sensitive: bool, from_file: bool, is_harmless: bool) -> bool {
    !sensitive && (!from_file || is_harmless)
}

/// Whether a complete name from a document may be shown: short, and without a run of letters and digits that looks like a token.
#[must_use]
pub(crate) fn may_show_name(text: &str) -> bool {
    if text.chars().count() > LONGEST_KEY {
        return false;
    }
    text.split(|c: char| !c.is_alphanumeric())
        .all(|run| run.chars().count() < TOKEN || !(run.contains(char::is_numeric) && run.contains(char::is_alphabetic)))
}

/// What of a text may not be quoted.
#[derive(Debug, Default)]
pub(crate) struct Veil {
    all: AtomicBool,
    /// Where hidden pieces begin and end. They do not overlap.
    pieces: RwLock<BTreeMap<usize, usize>>,
}

impl Veil {
    /// A veil over a complete text.
    #[must_use]
    pub(crate) fn over_all() -> Self {
        Self { all: AtomicBool::new(true), pieces: RwLock::default() }
    }

    /// Hides everything.
    pub(crate) fn hide_all(&self) {
        self.all.store(true, Ordering::Relaxed);
    }

    /// Hides a range of bytes.
    pub(crate) fn hide(&self, range: Range<usize>) {
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        let (mut start, mut end) = (range.start, range.end);
        while let Some((own_start, own_end)) = pieces.range(..=end).next_back().map(|(start, end)| (*start, *end)) {
            if own_end < start {
                break;
            }
            (start, end) = (start.min(own_start), end.max(own_end));
            pieces.remove(&own_start);
        }
        pieces.insert(start, end);
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        !self.all.load(Ordering::Relaxed) && self.pieces.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether something of a range is hidden.
    #[must_use]
    pub(crate) fn hides(&self, range: &Range<usize>) -> bool {
        if self.all.load(Ordering::Relaxed) {
            return true;
        }
        let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        // A range without length is a place, and a place at the start of a piece is one in it.
        let last = range.end.max(range.start + 1);
        pieces.range(..last).next_back().is_some_and(|(start, end)| *end > range.start || *start == range.start)
    }

    /// A text with every line left blank that something hidden is on; lengths and line ends are kept, so that places still fit.
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
                // A shorter line has no room for the words.
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
    fn a_name_is_shown_if_it_is_short_and_no_token() {
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
    fn hidden_lines_are_blank_and_nothing_moves() {
        let text = "a = 1\r\nthe_secret_of_the_house = \"x\"\nm = \"S\"\nb";
        let veil = Veil::default();
        assert_eq!(veil.shown(text), text);
        let at = text.find("\"x\"").unwrap();
        veil.hide(at..at + 3);
        let at = text.find("\"S\"").unwrap();
        veil.hide(at..at + 3);
        assert_eq!(veil.shown(text), "a = 1\r\n(source code not available)  \n       \nb");
        assert!(veil.hides(&(at + 1..at + 2)) && veil.hides(&(at..at)) && !veil.hides(&(0..at - 10)) && !veil.hides(&(at + 3..at + 4)));
        assert!(Veil::over_all().hides(&(0..0)));
    }
}
