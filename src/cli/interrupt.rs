//! The machine's time, and the signals that end an audit early: Ctrl-C and SIGTERM.

use crate::live::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a signal may wait to be noticed while the audit waits.
const TICK: Duration = Duration::from_millis(50);

/// The machine's time since the audit was asked for, and whether the user interrupted it.
pub(super) struct Machine {
    started: Instant,
    is_interrupted: Arc<AtomicBool>,
}

impl Machine {
    /// Begins to count, and to listen to signals. The first one is noted; the second ends the process at once, with the exit code for
    /// trouble.
    pub(super) fn start() -> Self {
        let is_interrupted = Arc::new(AtomicBool::new(false));
        // Where the system refuses, the signal ends the process as it does everywhere.
        #[cfg(feature = "live")]
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let exit = i32::from(super::Exit::Trouble.code());
            // This one comes first: actions run in their order, and after the other the first signal would end the process.
            let _ = signal_hook::flag::register_conditional_shutdown(signal, exit, Arc::clone(&is_interrupted));
            let _ = signal_hook::flag::register(signal, Arc::clone(&is_interrupted));
        }
        Self { started: Instant::now(), is_interrupted }
    }

    /// From now on a signal ends the process at once: the audit is over, and the report is being written.
    pub(super) fn finish(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
    }
}

impl Clock for Machine {
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
            std::thread::sleep(left.min(TICK));
        }
    }

    fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::SeqCst)
    }
}
