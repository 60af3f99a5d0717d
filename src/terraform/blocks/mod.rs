//! Properties of blocks and references that Terraform determines before it evaluates anything.
//!
//! Read `constants` first (arguments that must be constant), then `subject` (the object that a reference names), `merge` (override files),
//! `escape` (the block `_ {}`) and `lifecycle`. Nothing here depends on a module.

pub(super) mod constants;
pub(super) mod escape;
pub(super) mod lifecycle;
pub(super) mod merge;
pub(super) mod subject;
