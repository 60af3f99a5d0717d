//! A helper for unit tests of several layers: a request with an empty environment.

use crate::live::{AuditRequest, Clock, DEFAULT_DEADLINE, Timeouts};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

struct StoppedClock;

impl Clock for StoppedClock {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn sleep(&self, _: Duration) {}
}

/// A request with an empty environment and default settings.
pub(super) fn request() -> AuditRequest {
    AuditRequest {
        env: BTreeMap::new(),
        home: None,
        now: Timestamp::from_second(1_700_000_000).unwrap(),
        clock: Arc::new(StoppedClock),
        test_signer: None,
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
