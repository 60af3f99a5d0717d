//! One line on a terminal that tells a person how far a long job is, and goes away again.
//!
//! Not `indicatif`: two lines of text do not need its terminal, thread and templates.

use super::environment::write_stderr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the line is drawn again.
const TICK: Duration = Duration::from_millis(100);

/// The line.
pub(super) struct ProgressLine {
    is_wanted: bool,
    /// When it may be drawn for the first time.
    from: Instant,
    /// When it was drawn last.
    drawn: Mutex<Option<Instant>>,
}

impl ProgressLine {
    /// A line that is drawn if the job is still under way at `from`.
    pub(super) fn new(is_wanted: bool, from: Instant) -> Self {
        Self { is_wanted, from, drawn: Mutex::new(None) }
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
        write_stderr(format!("\r\x1b[K{}", text()).as_bytes());
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.take().is_some() {
            write_stderr(b"\r\x1b[K");
        }
    }
}
