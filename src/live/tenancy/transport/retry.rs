//! Good citizenship: requests are spaced, and what failed for a while is tried again as Oracle's SDKs do.

use crate::live::Clock;
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often one call is tried. Source: `DEFAULT_RETRY_STRATEGY` of Oracle's Python SDK.
pub(crate) const ATTEMPTS: u32 = 8;
/// How long one call may be tried. Source: the same.
pub(crate) const TOTAL: Duration = Duration::from_secs(600);
const CAP: f64 = 30.0;

/// Lets one request through every so often, whoever asks.
pub(crate) struct Pace {
    interval: Duration,
    next: Mutex<Duration>,
}

impl Pace {
    /// So many requests a second; zero, negative and infinite are no limit.
    pub(crate) fn new(rps: f64) -> Self {
        let interval =
            if rps > 0.0 && rps.is_finite() { Duration::try_from_secs_f64(1.0 / rps).unwrap_or_default() } else { Duration::ZERO };
        Self { interval, next: Mutex::new(Duration::ZERO) }
    }

    /// Waits for this request's turn.
    pub(crate) fn wait(&self, clock: &dyn Clock) {
        if self.interval.is_zero() {
            return;
        }
        let now = clock.elapsed();
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = now.max(*next);
            // Each caller reserves its turn and sleeps without the lock, which would keep all others from learning theirs.
            *next = turn.saturating_add(self.interval);
            turn
        };
        if turn > now {
            clock.sleep(turn - now);
        }
    }
}

/// How long to wait after a failed attempt (from 1): 1 s, doubled each time, at most 30 s, with up to a second of jitter that keeps
/// many callers apart. `chance` is from 0 to 1.
pub(crate) fn pause(attempt: u32, chance: f64) -> Duration {
    let doubled = 2_f64.powi(i32::try_from(attempt.saturating_sub(1)).unwrap_or(30).min(30));
    Duration::try_from_secs_f64((doubled + chance).min(CAP)).unwrap_or_default()
}

/// Whether a status is worth another attempt. Source: `retry_checkers.py` of Oracle's Python SDK.
pub(crate) fn is_passing(status: u16, code: &str) -> bool {
    match status {
        // Other conflicts last: `InvalidatedRetryToken` is answered the same way each time.
        409 => matches!(code, "IncorrectState" | "LockConflict"),
        429 => true,
        501 => false,
        500..=599 => true,
        _ => false,
    }
}

/// A number from 0 to 1.
pub(crate) fn chance() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

/// A fresh `opc-request-id`: 32 hexadecimal digits in upper case.
pub(crate) fn request_id() -> String {
    let mut bytes = [0; 16];
    // An id that is all zeros is as good for the service; nothing rests on it.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted(Mutex<Duration>);

    impl Clock for Counted {
        fn elapsed(&self) -> Duration {
            *self.0.lock().unwrap()
        }
        fn sleep(&self, duration: Duration) {
            *self.0.lock().unwrap() += duration;
        }
    }

    #[test]
    fn requests_keep_their_distance_and_idle_time_is_not_saved_up() {
        let clock = Counted(Mutex::new(Duration::ZERO));
        let pace = Pace::new(5.0);
        (0..11).for_each(|_| pace.wait(&clock));
        assert_eq!(clock.elapsed(), Duration::from_secs(2));
        clock.sleep(Duration::from_secs(100));
        (0..6).for_each(|_| pace.wait(&clock));
        assert_eq!(clock.elapsed(), Duration::from_secs(103));
        let free = Pace::new(f64::INFINITY);
        (0..1000).for_each(|_| free.wait(&clock));
        assert_eq!(clock.elapsed(), Duration::from_secs(103));
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let seconds: Vec<u64> = (1..=8).map(|attempt| pause(attempt, 0.0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pause(1, 0.5), Duration::from_millis(1500));
        assert_eq!(pause(u32::MAX, 1.0).as_secs(), 30);
        assert!(is_passing(429, "") && is_passing(503, "") && !is_passing(501, "") && !is_passing(404, ""));
        assert!(is_passing(409, "IncorrectState") && !is_passing(409, "InvalidatedRetryToken"));
    }
}
