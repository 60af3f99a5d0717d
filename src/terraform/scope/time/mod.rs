//! How time reaches values: functions and resources that change although the configuration does not, and what they change in others.
//!
//! Read `world::driver` and `world::changes` first (what drives, and what is known of a root), then `rotating`, `passing` (from resource to
//! resource) and `triggers` (`replace_triggered_by`).

pub(crate) mod passing;
mod rotating;
pub(crate) mod triggers;

pub(crate) use rotating::rotating;
