//! What drives values in time: the functions, and resources that expire after a period.

use crate::base::{Reason, Span};
use crate::eval::Drivers;

/// A resource that expires in time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Driver {
    /// Its address; that of all its instances.
    pub name: String,
    /// Its block.
    pub place: Span,
    /// How long it lasts, or why that is unknown.
    pub period: Result<Period, Reason>,
}

/// A time between two rotations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Period {
    /// In days, a month counted as 31 and a year as 366.
    pub days: f64,
    /// In months, where it is given in months or years.
    pub months: Option<i64>,
}

/// The functions that drive, by the name they have in messages.
pub(crate) const FUNCTIONS: [(&str, Drivers); 3] =
    [("plantimestamp", Drivers::PLAN_TIME), ("timestamp", Drivers::RUN_TIME), ("uuid", Drivers::UUID)];

/// The function that a name calls, where it drives.
pub(crate) fn function(name: &str) -> Option<(&'static str, Drivers)> {
    let plain = name.strip_prefix("core::").unwrap_or(name);
    FUNCTIONS.into_iter().find(|(own, _)| *own == plain)
}
