//! The tenancy itself, read through OCI's REST API: credentials, signing, transport, a few endpoints, API objects → `KeyFacts`.
//!
//! Without the feature `live`, a module that only says so stands in for the audit, and the binary has no network code. Saved
//! inventories can be read either way.

#[cfg(feature = "live")]
mod api;
#[cfg(feature = "live")]
mod audit;
#[cfg(feature = "live")]
mod auth;
#[cfg(not(feature = "live"))]
mod disabled;
#[cfg(feature = "live")]
mod endpoint;
#[cfg(feature = "live")]
mod errors;
#[cfg(feature = "live")]
mod facts;
#[cfg(all(feature = "live", any(test, fuzzing)))]
pub mod fuzzing;
#[cfg(feature = "live")]
mod inventory;
mod permissions;
#[cfg(feature = "live")]
mod regions;
mod request;
#[cfg(feature = "live")]
mod retry;
pub mod saved;
#[cfg(feature = "live")]
mod sign;
#[cfg(feature = "live")]
mod transport;
#[cfg(feature = "live")]
mod wire;

#[cfg(feature = "live")]
pub use audit::audit;
#[cfg(not(feature = "live"))]
pub use disabled::audit;
pub use permissions::policy_text;
pub use request::{AuthKind, Clock, DEFAULT_DEADLINE, DEFAULT_RPS, Progress, Request, Timeouts};
