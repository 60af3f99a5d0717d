//! Values that change over time although the configuration does not: which drivers each resource and attribute depends on.
//!
//! Read `world::driver` and `world::changes` first (the drivers, and the changes of a root), then `rotating` (`time_rotating`), `passing`
//! (from resource to resource) and `triggers` (`replace_triggered_by`).

pub(crate) mod passing;
mod rotating;
pub(crate) mod triggers;

pub(crate) use rotating::rotating;
