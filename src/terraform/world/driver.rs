//! Drivers: functions whose result changes over time, and resources that expire after a period.

use crate::base::{Reason, Span};
use crate::eval::Drivers;

/// A resource that expires after a period.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Driver {
    /// Its address, without an instance key.
    pub name: String,
    /// The span of its block.
    pub place: Span,
    /// The time until it expires, or why that is unknown.
    pub period: Result<Period, Reason>,
}

/// The time between two rotations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Period {
    /// In days, a month counted as 31 and a year as 366.
    pub days: f64,
    /// In months, if it is configured in months or years.
    pub months: Option<i64>,
}

/// The functions that are drivers, with their names.
pub(crate) const FUNCTIONS: [(&str, Drivers); 3] =
    [("plantimestamp", Drivers::PLAN_TIME), ("timestamp", Drivers::RUN_TIME), ("uuid", Drivers::UUID)];

/// The driver that a function call with this name is.
pub(crate) fn function(name: &str) -> Option<(&'static str, Drivers)> {
    let plain = name.strip_prefix("core::").unwrap_or(name);
    FUNCTIONS.into_iter().find(|(function, _)| *function == plain)
}
