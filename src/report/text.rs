//! Text that came from a repository, made harmless for a terminal.

use std::borrow::Cow;

/// Whether a character could move the cursor, colour the screen or reverse the reading direction.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\t' && c != '\n') || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A stand-in of the same length in UTF-8, so that spans still fit.
fn stand_in(c: char) -> char {
    match c.len_utf8() {
        1 => '?',
        2 => '\u{b7}',
        _ => '\u{fffd}',
    }
}

/// A source text for a terminal: harmful characters are replaced one by one, byte lengths kept. A carriage return before a line
/// feed stays.
#[must_use]
pub fn same_length(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let line_end = c == '\r' && rest.peek() == Some(&'\n');
        out.push(if is_harmful(c) && !line_end { stand_in(c) } else { c });
    }
    Cow::Owned(out)
}

/// One line of text for a terminal or a line-based format: harmful characters and line ends become visible escapes.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_harmful(c) || c == '\n' || c == '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_harmful(c) || c == '\n' || c == '\t' { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// `1 key`, `2 keys`.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_direction_marks_do_not_reach_a_terminal() {
        assert_eq!(clean("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(same_length("a\u{1b}[0m\u{202e}\u{85}\r\n"), "a?[0m\u{fffd}\u{b7}\r\n");
        let text = "a\u{1b}\u{202e}\u{85}\r";
        assert_eq!(same_length(text).len(), text.len());
    }
}
