//! Breaks everything in the output that a CI service would interpret as a command.
//!
//! GitHub's runner interprets a line that starts with `::` as a command, and `##[` anywhere in a line as an older form (actions/runner,
//! `ActionCommand.cs`). Azure's agent interprets `##vso[` anywhere in a line. A report quotes names and lines of an untrusted
//! repository, so commands are broken in the final output, after wrapping.

use std::io::{self, Write};

/// How to break a command, where possible without changing what readers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// For people: a dot replaces one character.
    Text,
    /// JSON: an escape in a string.
    Json,
    /// XML: a character reference.
    Xml,
}

/// A writer that breaks commands.
pub(super) struct Guard<'w> {
    out: &'w mut dyn Write,
    syntax: Syntax,
    /// Whether lines may start with commands, as GitHub annotations do.
    commands: bool,
    /// The part of the current line that is not written yet.
    line: Vec<u8>,
    /// Whether `line` is the start of the line.
    is_start: bool,
}

/// The longest piece of a line that is buffered: lines may have any length.
const MAX_PIECE: usize = 64 << 10;
/// How many bytes at the end of a piece stay in the buffer, so that no command is split.
const TAIL: usize = 8;

impl<'w> Guard<'w> {
    /// A guard in front of a writer.
    pub(super) fn new(out: &'w mut dyn Write, syntax: Syntax, commands: bool) -> Self {
        Self { out, syntax, commands, line: Vec::new(), is_start: true }
    }

    /// Writes the buffered rest. Must be called at the end.
    ///
    /// # Errors
    /// The error of the writer.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_line(0)?;
        self.out.flush()
    }

    /// Writes complete lines; the buffer is empty. Most reports are megabytes without anything like a command, which two searches show for
    /// many lines at once.
    fn write_lines(&mut self, lines: &[u8]) -> io::Result<()> {
        let has = |word: &[u8]| memchr::memmem::find(lines, word).is_some();
        if !has(b"##") && (self.commands || !has(b"::")) {
            self.is_start = true;
            return self.out.write_all(lines);
        }
        let mut rest = lines;
        while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
            let (line, after) = rest.split_at(at + 1);
            self.line.extend_from_slice(line);
            self.write_line(0)?;
            rest = after;
        }
        Ok(())
    }

    /// Writes the buffered line except for its last `keep` bytes.
    fn write_line(&mut self, keep: usize) -> io::Result<()> {
        let end = self.line.len().saturating_sub(keep);
        let kept = self.line.split_off(end);
        let line = std::mem::replace(&mut self.line, kept);
        let is_start = std::mem::replace(&mut self.is_start, line.ends_with(b"\n") || line.ends_with(b"\r"));
        if is_start && !self.commands && begins_with_colons(&line) {
            let at = line.iter().position(|byte| *byte == b':').unwrap_or(0);
            let (before, rest) = line.split_at(at);
            self.out.write_all(before)?;
            self.out.write_all(match self.syntax {
                Syntax::Text => "·".as_bytes(),
                Syntax::Json => b"\\u003a",
                Syntax::Xml => b"&#58;",
            })?;
            return self.write_without_hash_commands(rest.get(1..).unwrap_or_default());
        }
        self.write_without_hash_commands(&line)
    }

    /// Writes a piece with the second `#` of `##[` and `##vso[` broken.
    fn write_without_hash_commands(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut rest = piece;
        while let Some(at) = memchr::memmem::find(rest, b"##") {
            let (before, from) = rest.split_at(at);
            self.out.write_all(before)?;
            let after = from.get(2..).unwrap_or_default();
            let is_command = after.starts_with(b"[") || after.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"vso["));
            self.out.write_all(b"#")?;
            // `###[` contains `##[`: the second `#` is searched again.
            rest = if is_command {
                self.out.write_all(match self.syntax {
                    Syntax::Text => "·".as_bytes(),
                    Syntax::Json => b"\\u0023",
                    Syntax::Xml => b"&#35;",
                })?;
                after
            } else {
                from.get(1..).unwrap_or_default()
            };
        }
        self.out.write_all(rest)
    }
}

/// Whether a line starts with `::`, after blanks of any kind.
fn begins_with_colons(line: &[u8]) -> bool {
    let mut rest = line;
    // The runner trims Unicode whitespace as well. Only that is decoded, because a line may have megabytes.
    while let Some(blank) = first_char(rest).filter(|c| c.is_whitespace()) {
        rest = rest.get(blank.len_utf8()..).unwrap_or_default();
    }
    rest.starts_with(b"::")
}

fn first_char(text: &[u8]) -> Option<char> {
    let of_length = |length| std::str::from_utf8(text.get(..length)?).ok()?.chars().next();
    (1..=4).find_map(of_length)
}

impl Write for Guard<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        if !self.line.is_empty()
            && let Some(at) = memchr::memchr2(b'\n', b'\r', rest)
        {
            let (line, after) = rest.split_at(at + 1);
            self.line.extend_from_slice(line);
            self.write_line(0)?;
            rest = after;
        }
        if self.line.is_empty()
            && let Some(at) = memchr::memrchr2(b'\n', b'\r', rest)
        {
            let (lines, after) = rest.split_at(at + 1);
            self.write_lines(lines)?;
            rest = after;
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > MAX_PIECE {
            self.write_line(TAIL)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A text for people with its commands broken.
#[must_use]
pub(crate) fn guarded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut guard = Guard::new(&mut out, Syntax::Text, false);
    // Writing into a vector cannot fail.
    let written = guard.write_all(text).and_then(|()| guard.finish());
    if written.is_ok() { out } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded_in_pieces(text: &str, syntax: Syntax, commands: bool, piece: usize) -> String {
        let mut out = Vec::new();
        let mut guard = Guard::new(&mut out, syntax, commands);
        for piece in text.as_bytes().chunks(piece) {
            guard.write_all(piece).unwrap();
        }
        guard.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn commands_are_broken_in_every_syntax() {
        for piece in [1, 2, 3, 7, 100] {
            let text = "::error::x\n  ::set-output\r\u{2003}::y\na ::b ###[c] ##vSo[d] ## [e] ##\n";
            let broken = "·:error::x\n  ·:set-output\r\u{2003}·:y\na ::b ##·[c] #·vSo[d] ## [e] ##\n";
            assert_eq!(guarded_in_pieces(text, Syntax::Text, false, piece), broken);
            let blanks = "\u{2003} \u{b}".repeat(3_000);
            assert_eq!(guarded_in_pieces(&format!("{blanks}::x"), Syntax::Text, false, piece), format!("{blanks}·:x"));
            assert_eq!(guarded_in_pieces("::error::##[x]", Syntax::Text, true, piece), "::error::#·[x]");
            assert_eq!(guarded_in_pieces("{\"a\": \"##[x\"}", Syntax::Json, false, piece), "{\"a\": \"#\\u0023[x\"}");
            assert_eq!(guarded_in_pieces("<a>\n::x ##vso[</a>", Syntax::Xml, false, piece), "<a>\n&#58;:x #&#35;vso[</a>");
        }
    }

    #[test]
    fn command_is_broken_at_any_position_of_a_long_line() {
        for shift in 0..12 {
            let text = format!("{}##[x]{}", " ".repeat(MAX_PIECE - shift), "y".repeat(MAX_PIECE * 2));
            let out = guarded_in_pieces(&text, Syntax::Text, false, 1000);
            assert!(!out.contains("##[") && out.contains("#·[x]"), "{shift}");
        }
    }
}
