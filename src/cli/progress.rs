//! A line on a terminal that shows the progress of a long job and disappears afterwards.
//!
//! Without `indicatif`: a single line does not need its terminal, thread and templates.

use super::environment::write_stderr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthChar;

/// How often the line is redrawn at most.
const REDRAW_INTERVAL: Duration = Duration::from_millis(100);

/// The line.
pub(super) struct ProgressLine {
    is_wanted: bool,
    /// The width of the terminal: a wrapped line could not be cleared.
    columns: usize,
    /// When it may be drawn first.
    from: Instant,
    /// When it was drawn last.
    drawn: Mutex<Option<Instant>>,
}

impl ProgressLine {
    /// A line that is drawn if the job is still running at `from`, on a terminal of this width.
    pub(super) fn new(is_wanted: bool, columns: Option<usize>, from: Instant) -> Self {
        Self { is_wanted, columns: columns.unwrap_or(80), from, drawn: Mutex::new(None) }
    }

    /// Draws the line, unless it was just drawn. The last step of a job is always drawn.
    pub(super) fn show(&self, is_last: bool, text: impl Fn() -> String) {
        if !self.is_wanted {
            return;
        }
        let now = Instant::now();
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if now < self.from || (drawn.is_some_and(|last| now.duration_since(last) < REDRAW_INTERVAL) && !is_last) {
            return;
        }
        *drawn = Some(now);
        write_stderr(format!("\r\x1b[K{}", truncated(&text(), self.columns)).as_bytes());
    }

    /// Clears the line.
    pub(super) fn clear(&self) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.take().is_some() {
            write_stderr(b"\r\x1b[K");
        }
    }
}

/// Truncates a text to fit. The last column stays free, because some terminals wrap there.
fn truncated(text: &str, columns: usize) -> String {
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
    fn progress_line_never_reaches_the_last_column() {
        assert_eq!(truncated("keys 1 of 12", 13), "keys 1 of 12");
        assert_eq!(truncated("keys 1 of 12", 12), "keys 1 of …");
        assert_eq!(truncated("日本語", 6), "日本…");
        assert_eq!(truncated("keys", 1), "…");
    }
}
