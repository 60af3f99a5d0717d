//! The values that a run gives to the variables of its root module.
//!
//! Read `precedence` first (the sources, later ones win), then `symbolic` (variables that no caller sets) and `workspace`.

pub(super) mod precedence;
pub(super) mod symbolic;
pub(super) mod workspace;

pub(super) use precedence::{GivenValue, Inputs, TextOrigin, expression, parse, read, read_named, undeclared};
