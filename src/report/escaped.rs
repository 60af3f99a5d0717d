//! JSON with invisible characters, and those that change how others are displayed, written as escapes. Programs read the same text, and
//! people see the characters in logs and editors.

use super::text::is_harmful;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// Writes a value as indented JSON.
pub(super) fn write(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, EscapingFormatter::default()))?)
}

/// Indents like `serde_json::ser::PrettyFormatter`, but writes the start of a line in one piece: a report has millions of lines.
#[derive(Default)]
struct EscapingFormatter {
    /// How many arrays and objects are open.
    depth: usize,
    /// Whether the innermost one has an element.
    has_value: bool,
}

/// The text before an element: a comma, a line feed, and the indentation.
const LINE: &[u8] = b",\n                                                                ";

impl EscapingFormatter {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        if self.has_value {
            self.line(out, true)?;
        }
        out.write_all(bracket)
    }

    /// Starts a line, with a comma unless it is the first.
    fn line<W: ?Sized + Write>(&self, out: &mut W, is_first: bool) -> io::Result<()> {
        let (from, to) = (usize::from(is_first), 2 + 2 * self.depth);
        let at_once = LINE.get(from..to.min(LINE.len())).unwrap_or_default();
        out.write_all(at_once)?;
        (LINE.len()..to).try_for_each(|_| out.write_all(b" "))
    }
}

impl Formatter for EscapingFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // A fast path for most texts. `fold` does not stop early, so that the compiler can vectorize it.
        if fragment.bytes().fold(true, |is_plain, byte| is_plain & (b' '..0x7f).contains(&byte)) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| is_harmful(*letter)) {
            let (before, from) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            // An escape in JSON is a UTF-16 code unit: a character above U+FFFF takes two of them (RFC 8259, section 7).
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = from.get(letter.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped_and_read_back_unchanged() {
        let texts = ["plain", "é日\"\\\n", "a\u{202e}b\u{2028}c", "\u{fffe}", "\u{e0041}x", "\u{7f}"];
        let mut out = Vec::new();
        write(&texts, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("é日") && text.contains("a\\u202eb\\u2028c") && text.contains("\\udb40\\udc41x"), "{text}");
        assert!(!text.contains(|letter| is_harmful(letter) && letter != '\n'), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), texts);
        assert!(text.starts_with("[\n  \"plain\",\n"), "{text}");
    }

    #[test]
    fn values_of_any_depth_are_indented_like_serde_json() {
        let mut value = serde_json::json!({"a": [], "b": {}, "c": [1, [true], {"d": null}], "e": "x"});
        for depth in 0..60 {
            let mut out = Vec::new();
            write(&value, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string_pretty(&value).unwrap(), "{depth}");
            value = if depth % 2 == 0 { serde_json::json!([value, 2]) } else { serde_json::json!({"f": value}) };
        }
    }
}
