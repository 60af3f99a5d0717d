//! The values of the root module's variables in a run.
//!
//! Read `precedence` first (the sources of values; later ones win), then `symbolic` (variables that no caller sets) and `workspace`.

pub(super) mod precedence;
pub(super) mod symbolic;
pub(super) mod workspace;

pub(super) use precedence::{GivenValue, Inputs, TextOrigin, parse, parse_expression, read, read_named, undeclared};
