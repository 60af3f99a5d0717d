//! JSON that is what it looks like: characters that are not seen, or that change how others are drawn, are written as escapes. A program
//! reads the same text, and whoever looks at the report in a log or an editor sees them.

use super::text::is_harmful;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// Writes a value as indented JSON.
pub(super) fn write(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Escaped::default()))?)
}

/// Indents as `serde_json::ser::PrettyFormatter` does, but writes the beginning of a line at once: a report has millions of them.
#[derive(Default)]
struct Escaped {
    /// How many arrays and objects are open.
    depth: usize,
    /// Whether the innermost one has an element.
    has_value: bool,
}

/// What comes before an element: the comma after the one before it, a line feed, and the indentation.
const LINE: &[u8] = b",\n                                                                ";

impl Escaped {
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

    /// Begins a line, after a comma unless it is the first.
    fn line<W: ?Sized + Write>(&self, out: &mut W, is_first: bool) -> io::Result<()> {
        let (from, to) = (usize::from(is_first), 2 + 2 * self.depth);
        let at_once = LINE.get(from..to.min(LINE.len())).unwrap_or_default();
        out.write_all(at_once)?;
        (LINE.len()..to).try_for_each(|_| out.write_all(b" "))
    }
}

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Most texts have no such character. All bytes are looked at without a way out, so that many are compared at once.
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
    fn what_is_not_seen_is_escaped_and_reads_back() {
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
    fn values_are_indented_as_serde_json_does_however_deep_they_are() {
        let mut value = serde_json::json!({"a": [], "b": {}, "c": [1, [true], {"d": null}], "e": "x"});
        for depth in 0..60 {
            let mut out = Vec::new();
            write(&value, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string_pretty(&value).unwrap(), "{depth}");
            value = if depth % 2 == 0 { serde_json::json!([value, 2]) } else { serde_json::json!({"f": value}) };
        }
    }
}
