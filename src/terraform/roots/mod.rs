//! Which directories are root modules, and with which inputs each is evaluated.
//!
//! Read `graph` first (which directories may have keys in their trees), then `survey` (the static module tree of a root), `choose` (which
//! directories are roots), `runs` (one for each values file) and `shares` (the budget of each root).

pub(super) mod choose;
pub(super) mod graph;
pub(super) mod runs;
pub(super) mod shares;
pub(super) mod survey;

pub(super) use choose::{Roots, find};
