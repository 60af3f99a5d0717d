//! The tenancy itself, read through OCI's REST API: API objects → `KeyFacts`.
//!
//! Read `request` (what an audit is asked), then `tenancy` from the bottom up. Without the feature `live`, `disabled` takes the place
//! of `tenancy`: it only says so, and the binary has no network code. Saved inventories can be read either way.

mod permissions;
mod request;
pub mod saved;
#[cfg_attr(not(feature = "live"), path = "disabled.rs")]
mod tenancy;

pub(crate) use permissions::policy_text;
pub(crate) use request::DEFAULT_RPS;
pub use request::{AuditRequest, AuditStep, AuthKind, Clock, DEFAULT_DEADLINE, Keeper, Progress, Retry, SignatureMemo, Timeouts};
pub use tenancy::*;
