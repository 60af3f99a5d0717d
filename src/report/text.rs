//! Makes untrusted text safe for terminals and line-based formats.

pub use crate::base::count;
use std::borrow::Cow;

/// Whether a character could move the cursor, set colors, change the reading direction or be invisible, or is not allowed in XML.
pub(super) fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\t' && c != '\n') || is_invisible(c) || is_noncharacter(c)
}

/// Characters that are invisible or change how others are displayed: Unicode 16's `Default_Ignorable_Code_Point`, the line and paragraph
/// separators, the interlinear annotation characters, and symbols with a blank glyph.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{2800}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Unicode's noncharacters. XML 1.0's `Char` excludes U+FFFE and U+FFFF.
fn is_noncharacter(c: char) -> bool {
    matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) & 0xfffe == 0xfffe
}

/// A fast path for nearly all texts: checking bytes is several times faster than checking characters.
fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A replacement with the same length in UTF-8, so that spans stay valid.
fn replacement_for(c: char) -> &'static str {
    match c.len_utf8() {
        1 => "?",
        2 => "\u{b7}",
        3 => "\u{fffd}",
        _ => "\u{fffd}?",
    }
}

/// Replaces each harmful character of a source text by one with the same byte length. A carriage return before a line feed is kept.
#[must_use]
pub(super) fn replace_harmful(text: &str) -> Cow<'_, str> {
    if is_printable_ascii(text) || !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let line_end = c == '\r' && rest.peek() == Some(&'\n');
        if is_harmful(c) && !line_end { out.push_str(replacement_for(c)) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Escapes harmful characters, line feeds and tabs, so that the text is one line.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_printable_ascii(text) || !text.contains(|c| is_harmful(c) || c == '\n' || c == '\t') {
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
    fn control_characters_and_direction_marks_are_escaped_or_replaced() {
        assert_eq!(clean("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(replace_harmful("a\u{1b}[0m\u{202e}\u{85}\r\n"), "a?[0m\u{fffd}\u{b7}\r\n");
        assert_eq!(clean("a\u{feff}b\u{e0041}c\u{ffff}\u{61c}"), "a\\u{feff}b\\u{e0041}c\\u{ffff}\\u{61c}");
        let text = "a\u{1b}\u{202e}\u{85}\r\u{e0041}\u{fffe}\u{61c}";
        assert_eq!(replace_harmful(text).len(), text.len());
    }
}
