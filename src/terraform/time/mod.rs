//! How time reaches values: functions and resources that change although the configuration does not, and what they change in others.
//!
//! Read `driver` first (what drives), then `change` (what is known of a root), `rotating`, `passing` (from resource to resource) and
//! `triggers` (`replace_triggered_by`).

mod change;
mod driver;
pub(super) mod passing;
mod rotating;
pub(super) mod triggers;

pub(super) use change::Passing;
pub(super) use driver::{FUNCTIONS, function};
pub(super) use rotating::rotating;
