//! What is on the disk, before anything is parsed: directories, the files in them that count, and where calls lead.
//!
//! Read `directory` first (which files of a directory are configuration; `hints` and `disguised` decide what their bytes prove), then
//! `discover` (the walk through the directories that were named), `address` and `calls` (where the source of a module call leads; `nearby`
//! for one that leads nowhere), `foreign` (callers that are not Terraform's), `providers` and `lock`, and `unread`.

pub(super) mod address;
pub(super) mod calls;
pub(super) mod directory;
pub(super) mod discover;
pub(super) mod disguised;
pub(super) mod foreign;
pub(super) mod hints;
pub(super) mod lock;
pub(super) mod nearby;
pub(super) mod providers;
pub(super) mod unread;
