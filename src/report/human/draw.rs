//! Draws diagnostics for a terminal: wrapped to its width, with links if it supports them.

use crate::base::secrecy::NOT_SHOWN;
use crate::base::{Place, SourceId, Sources, Span, Step};
use crate::report::text::{clean, replace_harmful};
use crate::report::{Screen, location};
use crate::rules;
use codespan_reporting::diagnostic::{Diagnostic, Label, Severity};
use codespan_reporting::files::{self, Files};
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{self, Config};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthChar as _;

/// The width of a screen that is unknown, in columns.
const DEFAULT_COLUMNS: usize = 100;
/// The maximum width of sentences, in columns: longer lines are hard to read.
const MAX_TEXT_COLUMNS: usize = 100;
/// The maximum width of source lines if the width of the screen is unknown, in columns.
const MAX_SOURCE_COLUMNS: usize = 200;
/// The columns before a source line: line number, border, blanks.
const GUTTER: usize = 10;
/// The width of a tab, in columns.
const TAB: usize = 4;

/// Wraps a text to a width and cleans each line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    // The defaults break at hyphens and slashes, which would split options, paths and OCIDs.
    let options = Options::new(columns.max(20))
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines = text.lines().map(clean);
    lines.flat_map(|line| textwrap::wrap(&line, &options).into_iter().map(|line| line.into_owned()).collect::<Vec<_>>()).collect()
}

/// The width of sentences on a screen, in columns.
pub(super) fn text_columns(screen: &Screen<'_>) -> usize {
    screen.columns.unwrap_or(DEFAULT_COLUMNS).clamp(40, MAX_TEXT_COLUMNS)
}

/// A hyperlink in a terminal (OSC 8). The target is a URL from [`Screen::link`] or from this program, without control characters.
pub(super) fn linked(text: &str, target: &str) -> String {
    format!("\u{1b}]8;;{target}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}

/// An id, linked to its page if the screen supports links.
pub(super) fn linked_id(id: &str, screen: &Screen<'_>) -> String {
    match rules::documentation_url(id).filter(|_| screen.link.is_some()) {
        Some(url) => linked(id, &url),
        None => id.to_owned(),
    }
}

/// A path as shown, linked to the file if the screen supports links.
pub(super) fn linked_path(path: &str, screen: &Screen<'_>) -> String {
    let shown = clean(path);
    match screen.link {
        Some(link) if path != "-" => linked(&shown, &link(path)),
        _ => shown.into_owned(),
    }
}

/// A place in one line: `path:line:column` as far as it is known, with the pointer into a plan or state.
fn place(place: &Place, sources: &Sources, screen: &Screen<'_>) -> String {
    let at = brief_place(place, sources, screen);
    match place {
        Place::Json(json) if !json.pointer.is_empty() => format!("{at} ({})", clean(&json.pointer)),
        _ => at,
    }
}

/// A place in a list: `path:line:column` as far as it is known.
pub(super) fn brief_place(place: &Place, sources: &Sources, screen: &Screen<'_>) -> String {
    if let Place::Cloud(at) = place {
        return format!("{} in {}", clean(&at.ocid), clean(&at.region));
    }
    let at = location::locate(place, sources, location::Columns::Characters);
    let position = at.range.map_or_else(String::new, |(start, _)| format!(":{}:{}", start.line, start.column));
    format!("{}{position}", linked_path(&at.path, screen))
}

/// A line below the message. With color, it resets the bold style of the message.
fn below_first_line(text: &str, screen: &Screen<'_>) -> String {
    let plain = if screen.color { "\u{1b}[0m" } else { "" };
    format!("{plain}\n  {text}")
}

/// A note below the drawn source lines.
enum DiagnosticNote {
    /// A word and a text, which is wrapped.
    Text(&'static str, String),
    /// Lines that are not wrapped.
    Lines(Vec<String>),
}

/// A diagnostic under construction: places in source files become labels, others become notes.
pub(super) struct DiagnosticParts<'t, 'a> {
    texts: &'t SourceTexts<'a>,
    diagnostic: Diagnostic<SourceId>,
    notes: Vec<DiagnosticNote>,
}

impl<'t, 'a> DiagnosticParts<'t, 'a> {
    /// A diagnostic with a message.
    pub(super) fn new(texts: &'t SourceTexts<'a>, severity: Severity, id: Option<&str>, message: String) -> Self {
        let mut diagnostic = Diagnostic::new(severity).with_message(message);
        diagnostic.code = id.map(|id| linked_id(id, texts.screen));
        Self { texts, diagnostic, notes: Vec::new() }
    }

    /// Sets the place of the finding.
    pub(super) fn primary(&mut self, at: &Place, label: &str) {
        match at {
            Place::Source(span) => {
                let label_text = replace_harmful(label).into_owned();
                self.diagnostic.labels.push(Label::primary(span.source, span.range()).with_message(label_text));
            }
            other => {
                let at = format!("--> {}", place(other, self.texts.sources, self.texts.screen));
                self.diagnostic.message.push_str(&below_first_line(&at, self.texts.screen));
            }
        }
    }

    /// Adds places that explain it.
    pub(super) fn secondary(&mut self, steps: &[Step]) {
        for step in steps {
            match &step.place {
                // Two labels for the same range would draw the line twice.
                Place::Source(span)
                    if !self.diagnostic.labels.iter().any(|label| label.file_id == span.source && label.range == span.range()) =>
                {
                    let label_text = replace_harmful(&step.label()).into_owned();
                    self.diagnostic.labels.push(Label::secondary(span.source, span.range()).with_message(label_text));
                }
                Place::Source(_) => {}
                other => {
                    let at = place(other, self.texts.sources, self.texts.screen);
                    self.lines(vec![format!("{}: {at}", clean(&step.label()))]);
                }
            }
        }
    }

    /// Adds a note with a word and a text, unless the text is empty.
    pub(super) fn text(&mut self, word: &'static str, text: &str) {
        if !text.is_empty() {
            self.notes.push(DiagnosticNote::Text(word, text.to_owned()));
        }
    }

    /// Adds a note with lines that are not wrapped.
    pub(super) fn lines(&mut self, lines: Vec<String>) {
        self.notes.push(DiagnosticNote::Lines(lines));
    }

    /// Draws the diagnostic.
    ///
    /// # Errors
    /// The error of the writer.
    pub(super) fn draw(self, out: &mut dyn Write) -> io::Result<()> {
        let Self { texts, diagnostic, notes } = self;
        let (mut diagnostic, undrawn) = texts.fitted(diagnostic);
        let mut undrawn = undrawn.into_iter();
        // Without a drawn line, the place is below the message, as for a plan or state.
        if diagnostic.labels.is_empty()
            && let Some(first) = undrawn.next()
        {
            diagnostic.message.push_str(&below_first_line(&first, texts.screen));
        }
        let digits =
            |label: &Label<SourceId>| texts.sources.get(label.file_id).line_index(label.range.end).saturating_add(1).to_string().len();
        // The notes start with `= ` after the column of line numbers.
        let gutter = diagnostic.labels.iter().map(digits).max().unwrap_or(0) + 3;
        let columns = text_columns(texts.screen).saturating_sub(gutter);
        diagnostic.notes.extend(undrawn);
        diagnostic.notes.extend(notes.into_iter().map(|part| match part {
            DiagnosticNote::Text(word, text) => wrap(&format!("{word}: {text}"), columns).join("\n"),
            DiagnosticNote::Lines(lines) => lines.join("\n"),
        }));
        // Draw in memory, so that a failure does not leave half a diagnostic in the report.
        let mut drawing = Vec::new();
        let drawn = if texts.screen.color {
            emit(&mut Ansi::new(&mut drawing), texts, &diagnostic)
        } else {
            emit(&mut NoColor::new(&mut drawing), texts, &diagnostic)
        };
        match drawn {
            Ok(()) => out.write_all(&drawing),
            Err(files::Error::Io(error)) => Err(error),
            // A span outside of its text is a bug in kmslint: at least show the message.
            Err(_) => writeln!(out, "{}\n", diagnostic.message),
        }
    }
}

fn emit<W: WriteColor>(out: &mut W, texts: &SourceTexts<'_>, diagnostic: &Diagnostic<SourceId>) -> Result<(), files::Error> {
    let styles = term::Styles::default();
    let mut writer = term::StylesWriter::new(out, &styles);
    term::emit_to_write_style(&mut writer, &Config { tab_width: TAB, ..Config::default() }, texts, diagnostic)
}

/// A source text as it is drawn: safe for a terminal, with long lines cut. Offsets are those of the source.
struct DrawnText {
    text: Arc<str>,
    /// The end of each cut line, after the ellipsis, by line index.
    cuts: HashMap<usize, usize>,
}

/// The end of a cut line. It replaces the same number of bytes, so that offsets stay valid.
const ELLIPSIS: &str = "…";

/// Our sources as codespan's `Files`. Each text is prepared once.
pub(super) struct SourceTexts<'a> {
    /// The sources.
    pub sources: &'a Sources,
    /// The screen that they are drawn for.
    pub screen: &'a Screen<'a>,
    drawn: RefCell<HashMap<SourceId, Arc<DrawnText>>>,
}

impl<'a> SourceTexts<'a> {
    /// The texts for a screen.
    pub(super) fn new(sources: &'a Sources, screen: &'a Screen<'a>) -> Self {
        Self { sources, screen, drawn: RefCell::default() }
    }

    /// The maximum width of a source line.
    fn columns(&self) -> usize {
        self.screen.columns.map_or(MAX_SOURCE_COLUMNS, |columns| columns.saturating_sub(GUTTER).max(20))
    }

    fn drawn(&self, id: SourceId) -> Arc<DrawnText> {
        let mut known = self.drawn.borrow_mut();
        let prepared = || {
            let source = self.sources.get(id);
            Arc::new(DrawnText::new(&replace_harmful(&source.shown()), source.line_starts(), self.columns()))
        };
        Arc::clone(known.entry(id).or_insert_with(prepared))
    }

    /// The diagnostic without the labels that cannot be drawn, because their lines must not be shown or they start after the cut. Those
    /// become lines of text. The carets of the others are limited to the screen.
    fn fitted(&self, mut diagnostic: Diagnostic<SourceId>) -> (Diagnostic<SourceId>, Vec<String>) {
        let (drawn, undrawn): (Vec<_>, Vec<_>) = diagnostic.labels.into_iter().partition(|label| {
            let source = self.sources.get(label.file_id);
            let cuts = &self.drawn(label.file_id).cuts;
            let is_visible = |at: usize| cuts.get(&source.line_index(at)).is_none_or(|end| at + ELLIPSIS.len() < *end);
            source.shows_lines(&label.range) && is_visible(label.range.start)
        });
        diagnostic.labels = drawn.into_iter().map(|label| self.shortened(label)).collect();
        let undrawn = undrawn.into_iter().map(|label| {
            let at = Place::Source(Span::new(label.file_id, label.range.clone()));
            let at = place(&at, self.sources, self.screen);
            let what = if label.message.is_empty() { String::new() } else { format!(": {}", label.message) };
            let shown = self.sources.get(label.file_id).shows_lines(&label.range);
            if shown { format!("--> {at}{what}") } else { format!("--> {at}{what} {NOT_SHOWN}") }
        });
        (diagnostic, undrawn.collect())
    }

    /// A label with carets that leave room for its message and end where the line is cut.
    fn shortened(&self, mut label: Label<SourceId>) -> Label<SourceId> {
        let source = self.sources.get(label.file_id);
        let (first, last) = (source.line_index(label.range.start), source.line_index(label.range.end));
        let drawn = self.drawn(label.file_id);
        if let Some(end) = drawn.cuts.get(&last) {
            label.range.end = label.range.end.min(*end);
        }
        if first == last {
            let room = self.columns().saturating_sub(textwrap::core::display_width(&label.message) + 1);
            let start = source.line_starts().get(first).copied().unwrap_or(0);
            let before: usize = drawn.text.get(start..label.range.start).map_or(0, |text| text.chars().map(columns_of).sum());
            let most = room.saturating_sub(before).max(8);
            let mut columns = 0;
            let cut = drawn.text.get(label.range.clone()).and_then(|text| {
                text.char_indices().find_map(|(at, c)| {
                    columns += columns_of(c);
                    (columns > most).then_some(at)
                })
            });
            label.range.end = cut.map_or(label.range.end, |at| label.range.start + at);
        }
        label
    }
}

/// The width of a character.
fn columns_of(c: char) -> usize {
    if c == '\t' { TAB } else { c.width().unwrap_or(0) }
}

impl DrawnText {
    fn new(text: &str, starts: &[usize], columns: usize) -> Self {
        let mut cuts = HashMap::new();
        let mut out = String::with_capacity(text.len());
        for (line, start) in starts.iter().enumerate() {
            let end = starts.get(line + 1).copied().unwrap_or(text.len());
            let Some(full) = text.get(*start..end) else { continue };
            match Self::cut(full, columns) {
                None => out.push_str(full),
                Some(at) => {
                    let (before, after) = full.split_at(at);
                    cuts.insert(line, start + at + ELLIPSIS.len());
                    out.push_str(before);
                    out.push_str(ELLIPSIS);
                    // The rest is not drawn, but must keep its length.
                    out.extend(std::iter::repeat_n(' ', after.len() - ELLIPSIS.len()));
                }
            }
        }
        Self { text: out.into(), cuts }
    }

    /// The byte offset at which to cut a line; `None` if it fits, or if the ellipsis would not make it shorter.
    fn cut(line: &str, most: usize) -> Option<usize> {
        if line.len() <= most {
            return None;
        }
        let mut columns = 0;
        let at = line.char_indices().find_map(|(at, c)| {
            columns += columns_of(c);
            (columns > most && c != '\n' && c != '\r').then_some(at)
        })?;
        (line.len() - at > ELLIPSIS.len()).then_some(at)
    }
}

impl<'a> Files<'a> for SourceTexts<'_> {
    type FileId = SourceId;
    type Name = String;
    type Source = Arc<str>;

    fn name(&'a self, id: SourceId) -> Result<String, files::Error> {
        Ok(linked_path(&self.sources.get(id).path().to_string_lossy(), self.screen))
    }

    fn source(&'a self, id: SourceId) -> Result<Arc<str>, files::Error> {
        Ok(Arc::clone(&self.drawn(id).text))
    }

    fn line_index(&'a self, id: SourceId, at: usize) -> Result<usize, files::Error> {
        Ok(self.sources.get(id).line_index(at))
    }

    fn line_range(&'a self, id: SourceId, line: usize) -> Result<Range<usize>, files::Error> {
        let source = self.sources.get(id);
        let starts = source.line_starts();
        let start = starts.get(line).copied().ok_or(files::Error::LineTooLarge { given: line, max: starts.len() })?;
        let cut = self.drawn(id).cuts.get(&line).copied();
        Ok(start..cut.unwrap_or_else(|| starts.get(line + 1).copied().unwrap_or(source.text().len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_line_is_cut_at_the_width_of_the_screen_and_keeps_its_bytes() {
        for (line, columns, shown) in [
            ("short\n", 10, "short\n"),
            ("exactly 10\n", 10, "exactly 10\n"),
            ("0123456789abcdef\n", 10, "0123456789…"),
            ("\t\t\tthree tabs\n", 10, "\t\t…"),
            ("日本語のとても長い行です\n", 10, "日本語のと…"),
        ] {
            let starts = [0, line.len()];
            let drawn = DrawnText::new(line, &starts, columns);
            assert_eq!(drawn.text.len(), line.len(), "{line}");
            let end = drawn.cuts.get(&0).copied().unwrap_or(line.len());
            assert_eq!(drawn.text.get(..end), Some(shown), "{line}");
        }
    }

    #[test]
    fn sentences_are_wrapped_at_blanks_by_display_width() {
        assert_eq!(wrap("日本語 日本語 日本語 日本語", 20), ["日本語 日本語 日本語", "日本語"]);
        assert_eq!(wrap(&"x".repeat(50), 20), ["x".repeat(50)]);
        assert_eq!(wrap("a\u{1b}[31m\nb", 20), ["a\\u{1b}[31m", "b"]);
    }
}
