//! One line on a terminal that tells a person how far a long job is, and goes away again.
//!
//! Not `indicatif`: two lines of text do not need its terminal, thread and templates.

use super::environment::write_stderr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthChar;

/// How often the line is drawn again.
const TICK: Duration = Duration::from_millis(100);

/// The line.
pub(super) struct ProgressLine {
    is_wanted: bool,
    /// How wide the terminal is: a line that it breaks would not go away again.
    columns: usize,
    /// When it may be drawn for the first time.
    from: Instant,
    /// When it was drawn last.
    drawn: Mutex<Option<Instant>>,
}

impl ProgressLine {
    /// A line that is drawn if the job is still under way at `from`, on a terminal of this width.
    pub(super) fn new(is_wanted: bool, columns: Option<usize>, from: Instant) -> Self {
        Self { is_wanted, columns: columns.unwrap_or(80), from, drawn: Mutex::new(None) }
    }

    /// Draws the line, unless it was drawn a moment ago; the last step of a job is always drawn.
    pub(super) fn show(&self, is_last: bool, text: impl Fn() -> String) {
        if !self.is_wanted {
            return;
        }
        let now = Instant::now();
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if now < self.from || (drawn.is_some_and(|last| now.duration_since(last) < TICK) && !is_last) {
            return;
        }
        *drawn = Some(now);
        write_stderr(format!("\r\x1b[K{}", cut(&text(), self.columns)).as_bytes());
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.take().is_some() {
            write_stderr(b"\r\x1b[K");
        }
    }
}

/// As much of a text as fits; the last column stays free, where some terminals begin a new line.
fn cut(text: &str, columns: usize) -> String {
    let width = |text: &str| text.chars().filter_map(UnicodeWidthChar::width).sum::<usize>();
    if width(text) < columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut room = columns.saturating_sub(2);
    for c in text.chars() {
        let Some(left) = room.checked_sub(c.width().unwrap_or(0)) else { break };
        room = left;
        cut.push(c);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_progress_never_reaches_the_last_column() {
        assert_eq!(cut("keys 1 of 12", 13), "keys 1 of 12");
        assert_eq!(cut("keys 1 of 12", 12), "keys 1 of …");
        assert_eq!(cut("日本語", 6), "日本…");
        assert_eq!(cut("keys", 1), "…");
    }
}
