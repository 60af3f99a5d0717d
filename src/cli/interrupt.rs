//! The clock of an audit, and the signals that interrupt it: Ctrl-C and SIGTERM.

use crate::live::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a sleeping audit checks for a signal.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The time since the start of the audit, and whether the user interrupted it.
pub(super) struct InterruptibleClock {
    started: Instant,
    is_interrupted: Arc<AtomicBool>,
}

impl InterruptibleClock {
    /// Starts the clock and registers the signals. The first signal interrupts the audit; the second ends the process immediately with exit
    /// code 2.
    pub(super) fn start() -> Self {
        let is_interrupted = Arc::new(AtomicBool::new(false));
        // If registration fails, a signal ends the process as usual.
        #[cfg(feature = "live")]
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let exit = i32::from(super::Exit::Trouble.code());
            // Register this action first: actions run in order, and after the other one the first signal would already end the process.
            let _ = signal_hook::flag::register_conditional_shutdown(signal, exit, Arc::clone(&is_interrupted));
            let _ = signal_hook::flag::register(signal, Arc::clone(&is_interrupted));
        }
        Self { started: Instant::now(), is_interrupted }
    }

    /// Lets the next signal end the process immediately: the audit is over, and the report is being written.
    pub(super) fn finish(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
    }
}

impl Clock for InterruptibleClock {
    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        let until = self.started.elapsed() + duration;
        loop {
            let left = until.saturating_sub(self.started.elapsed());
            if left.is_zero() || self.is_interrupted() {
                return;
            }
            std::thread::sleep(left.min(CHECK_INTERVAL));
        }
    }

    fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::SeqCst)
    }
}
