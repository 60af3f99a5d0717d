//! One module directory, parsed: its blocks, and everything about them that needs no evaluation.
//!
//! Read `module` first, then `loader` (parses each directory once for all roots), `comments`, `secrets` (places that no report may
//! quote), `order` and `cycles` (cycles of references, which Terraform rejects), `provider` and `root`.

pub(super) mod comments;
pub(super) mod cycles;
pub(super) mod loader;
pub(super) mod module;
pub(super) mod order;
pub(super) mod provider;
pub(super) mod root;
pub(super) mod secrets;
