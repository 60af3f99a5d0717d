//! From values to facts: arguments as rules see them, and the problems found while reading them.
//!
//! Read `reader` first, then `defaults` (values that come from a variable's default), `problems`, `conditions` (validations, pre- and
//! postconditions) and `arguments` (of module calls, variables and outputs).

pub(super) mod arguments;
pub(super) mod conditions;
pub(super) mod defaults;
pub(super) mod problems;
pub(super) mod reader;

pub(super) use reader::BlockReader;
