//! Reads a tenancy through OCI's REST API: API objects → `KeyFacts`.
//!
//! Start with `request` (the input of an audit), then read `tenancy` from the bottom up. Without the feature `live`, `disabled` replaces
//! `tenancy`, and the binary has no network code. Saved inventories can be read either way.

mod permissions;
mod request;
pub mod saved;
#[cfg_attr(not(feature = "live"), path = "disabled.rs")]
mod tenancy;

pub(crate) use permissions::policy_text;
pub(crate) use request::DEFAULT_RPS;
pub use request::{AuditRequest, AuditStep, AuthKind, Clock, DEFAULT_DEADLINE, InventorySink, Progress, Retry, TestSigner, Timeouts};
pub use tenancy::*;
