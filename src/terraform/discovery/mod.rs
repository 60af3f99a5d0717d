//! Directories and files on disk, before anything is parsed, and the targets of module calls.
//!
//! Read `directory` first (which files of a directory are configuration; `hints` and `other_formats` look at their bytes), then `discover`
//! (the walk through the scanned directories), `address` and `calls` (the target of a module call; `nearby` suggests one for a missing
//! directory), `foreign` (Terragrunt and Stacks), `providers` and `lock`, and `unread` (plans and states).

pub(super) mod address;
pub(super) mod calls;
pub(super) mod directory;
pub(super) mod discover;
pub(super) mod foreign;
pub(super) mod hints;
pub(super) mod lock;
pub(super) mod nearby;
pub(super) mod other_formats;
pub(super) mod providers;
pub(super) mod unread;
