//! What Terraform decides about a block before it evaluates anything.
//!
//! Read `constants` first (arguments that are decoded, not evaluated), then `subject` (what a reference names), `merge` (override files),
//! `escape` (the block `_ {}`) and `lifecycle`. Nothing here knows a module.

pub(super) mod constants;
pub(super) mod escape;
pub(super) mod lifecycle;
pub(super) mod merge;
pub(super) mod subject;
