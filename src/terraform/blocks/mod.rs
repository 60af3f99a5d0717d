//! Properties of blocks and references that Terraform determines before it evaluates anything.
//!
//! Read `constants` first (arguments that must be constant), then `subject` (the object that a reference names), `merge` (override files),
//! `escape` (the block `_ {}`) and `lifecycle`. Nothing here depends on a module.

pub(super) mod constants;
pub(super) mod escape;
pub(super) mod lifecycle;
pub(super) mod merge;
pub(super) mod subject;

/// The arguments of a module call that are not variables of the module. Source: Terraform's `configs/module_call.go`.
pub(super) const CALL_META_ARGUMENTS: [&str; 6] = ["source", "version", "count", "for_each", "depends_on", "providers"];
