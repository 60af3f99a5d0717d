//! Which directories are root modules, and with which inputs each is evaluated.
//!
//! Read `graph` first (which directories may matter at all), then `survey` (all calls of a root, whatever their `count`), `choose` (roots
//! and their callers), `runs` (one for each values file) and `shares` (what each root may cost).

pub(super) mod choose;
pub(super) mod graph;
pub(super) mod runs;
pub(super) mod shares;
pub(super) mod survey;

pub(super) use choose::{Roots, find};
