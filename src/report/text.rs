//! Text that came from a repository, made harmless for a terminal.

pub use crate::base::count;
use std::borrow::Cow;

/// Whether a character could move the cursor, color the screen, reverse the reading direction or pass unseen, or is none at all in XML.
pub(super) fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\t' && c != '\n') || is_unseen(c) || is_no_character(c)
}

/// Characters that are drawn as nothing, or that change how others are drawn: Unicode 16's `Default_Ignorable_Code_Point`, the line and
/// paragraph separators, the annotation marks, and signs whose picture is blank.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{2800}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Unicode's noncharacters; two of them are outside of XML 1.0's `Char`.
fn is_no_character(c: char) -> bool {
    matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) & 0xfffe == 0xfffe
}

/// Whether a text is printable ASCII, as nearly all are: bytes are looked at several times faster than characters.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A stand-in of the same length in UTF-8, so that spans still fit.
fn stand_in(c: char) -> &'static str {
    match c.len_utf8() {
        1 => "?",
        2 => "\u{b7}",
        3 => "\u{fffd}",
        _ => "\u{fffd}?",
    }
}

/// A source text for a terminal: harmful characters are replaced one by one, byte lengths kept. A carriage return before a line
/// feed stays.
#[must_use]
pub(super) fn same_length(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let line_end = c == '\r' && rest.peek() == Some(&'\n');
        if is_harmful(c) && !line_end { out.push_str(stand_in(c)) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// One line of text for a terminal or a line-based format: harmful characters and line ends become visible escapes.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.contains(|c| is_harmful(c) || c == '\n' || c == '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_harmful(c) || c == '\n' || c == '\t' { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_direction_marks_do_not_reach_a_terminal() {
        assert_eq!(clean("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(same_length("a\u{1b}[0m\u{202e}\u{85}\r\n"), "a?[0m\u{fffd}\u{b7}\r\n");
        assert_eq!(clean("a\u{feff}b\u{e0041}c\u{ffff}\u{61c}"), "a\\u{feff}b\\u{e0041}c\\u{ffff}\\u{61c}");
        let text = "a\u{1b}\u{202e}\u{85}\r\u{e0041}\u{fffe}\u{61c}";
        assert_eq!(same_length(text).len(), text.len());
    }
}
