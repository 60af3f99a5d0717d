//! What the unit tests of several layers need: a request with nothing in its environment.

use crate::live::{AuditRequest, Clock, DEFAULT_DEADLINE, Timeouts};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

struct StillClock;

impl Clock for StillClock {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn sleep(&self, _: Duration) {}
}

/// A request with nothing in its environment.
pub(super) fn request() -> AuditRequest {
    AuditRequest {
        env: BTreeMap::new(),
        home: None,
        now: Timestamp::from_second(1_700_000_000).unwrap(),
        clock: Arc::new(StillClock),
        signatures: None,
        profile: None,
        config_file: None,
        auth: None,
        regions: Vec::new(),
        all_regions: false,
        compartments: Vec::new(),
        recursive: false,
        endpoint: None,
        ca_bundle: None,
        rps: f64::INFINITY,
        deadline: DEFAULT_DEADLINE,
        connections: 1,
        timeouts: Timeouts::default(),
        thorough: false,
        resume: None,
        fresh_days: 0,
    }
}
