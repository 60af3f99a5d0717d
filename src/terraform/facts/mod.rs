//! From values to facts: what a rule may know of an argument, and what goes wrong on the way.
//!
//! Read `reader` first, then `defaults` (where a default decided), `problems`, `conditions` (validations, pre- and postconditions) and
//! `arguments` (of module calls, variables and outputs).

pub(super) mod arguments;
pub(super) mod conditions;
pub(super) mod defaults;
pub(super) mod problems;
pub(super) mod reader;

pub(super) use reader::BlockReader;
