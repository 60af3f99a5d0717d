//! Rate limit and retries, with the numbers of Oracle's SDKs.

use crate::live::Clock;
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The maximum number of attempts of a call. Source: `DEFAULT_RETRY_STRATEGY` of Oracle's Python SDK.
pub(crate) const MAX_ATTEMPTS: u32 = 8;
/// The maximum time for all attempts of a call. Source: the same.
pub(crate) const MAX_TIME: Duration = Duration::from_secs(600);
const MAX_PAUSE_SECONDS: f64 = 30.0;

/// Limits the number of requests per second over all threads.
pub(crate) struct RateLimiter {
    interval: Duration,
    next: Mutex<Duration>,
}

impl RateLimiter {
    /// A limit of requests per second. Zero, negative numbers and infinity mean no limit.
    pub(crate) fn new(rps: f64) -> Self {
        let interval =
            if rps > 0.0 && rps.is_finite() { Duration::try_from_secs_f64(1.0 / rps).unwrap_or_default() } else { Duration::ZERO };
        Self { interval, next: Mutex::new(Duration::ZERO) }
    }

    /// Waits until this request may be sent.
    pub(crate) fn wait(&self, clock: &dyn Clock) {
        if self.interval.is_zero() {
            return;
        }
        let now = clock.elapsed();
        let slot = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = now.max(*next);
            // Each caller reserves its slot, and sleeps without the lock so that the others can reserve theirs.
            *next = slot.saturating_add(self.interval);
            slot
        };
        if slot > now {
            clock.sleep(slot - now);
        }
    }
}

/// How long to wait after a failed attempt (from 1): 1 s, doubled each time, at most 30 s, including up to a second of jitter that spreads
/// concurrent callers. `jitter` is from 0 to 1.
pub(crate) fn backoff(attempt: u32, jitter: f64) -> Duration {
    let doubled = 2_f64.powi(i32::try_from(attempt.saturating_sub(1)).unwrap_or(30).min(30));
    Duration::try_from_secs_f64((doubled + jitter).min(MAX_PAUSE_SECONDS)).unwrap_or_default()
}

/// Whether a status is worth a retry. Source: `retry_checkers.py` of Oracle's Python SDK.
pub(crate) fn is_transient(status: u16, code: &str) -> bool {
    match status {
        // Other conflicts are permanent: `InvalidatedRetryToken` always results in the same error.
        409 => matches!(code, "IncorrectState" | "LockConflict"),
        429 => true,
        501 => false,
        500..=599 => true,
        _ => false,
    }
}

/// A random number from 0 to 1.
pub(crate) fn random_fraction() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

/// A new `opc-request-id`: 32 upper-case hexadecimal digits.
pub(crate) fn request_id() -> String {
    let mut bytes = [0; 16];
    // Without random numbers the id is all zeros, which the service accepts: it is only used for support.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct CountingClock(Mutex<Duration>);

    impl Clock for CountingClock {
        fn elapsed(&self) -> Duration {
            *self.0.lock().unwrap()
        }
        fn sleep(&self, duration: Duration) {
            *self.0.lock().unwrap() += duration;
        }
    }

    #[test]
    fn rate_limit_does_not_accumulate_idle_time() {
        let clock = CountingClock(Mutex::new(Duration::ZERO));
        let limiter = RateLimiter::new(5.0);
        (0..11).for_each(|_| limiter.wait(&clock));
        assert_eq!(clock.elapsed(), Duration::from_secs(2));
        clock.sleep(Duration::from_secs(100));
        (0..6).for_each(|_| limiter.wait(&clock));
        assert_eq!(clock.elapsed(), Duration::from_secs(103));
        let unlimited = RateLimiter::new(f64::INFINITY);
        (0..1000).for_each(|_| unlimited.wait(&clock));
        assert_eq!(clock.elapsed(), Duration::from_secs(103));
    }

    #[test]
    fn backoff_doubles_up_to_30_seconds() {
        let seconds: Vec<u64> = (1..=8).map(|attempt| backoff(attempt, 0.0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(backoff(1, 0.5), Duration::from_millis(1500));
        assert_eq!(backoff(u32::MAX, 1.0).as_secs(), 30);
        assert!(is_transient(429, "") && is_transient(503, "") && !is_transient(501, "") && !is_transient(404, ""));
        assert!(is_transient(409, "IncorrectState") && !is_transient(409, "InvalidatedRetryToken"));
    }
}
