//! JSON that is what it looks like: characters that are not seen, or that change how others are drawn, are written as escapes. A program
//! reads the same text, and whoever looks at the report in a log or an editor sees them.

use super::text::is_harmful;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// Writes a value as indented JSON.
pub(super) fn write(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Escaped(PrettyFormatter::new())))?)
}

struct Escaped(PrettyFormatter<'static>);

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Most texts have no such character, and what is plain is reported fastest.
        if fragment.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| is_harmful(*letter)) {
            let (before, from) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = from.get(letter.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
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
}
