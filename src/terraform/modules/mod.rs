//! One module directory, parsed: its blocks, and what can be known of them without values.
//!
//! Read `module` first, then `loader` (each directory once, for all roots), `comments`, `secrets` (what no report may quote), `order`
//! and `cycles` (references that Terraform refuses), `provider` and `root`.

pub(super) mod comments;
pub(super) mod cycles;
pub(super) mod loader;
pub(super) mod module;
pub(super) mod order;
pub(super) mod provider;
pub(super) mod root;
pub(super) mod secrets;
