//! The audit of a tenancy, in layers whose arrows only go down: `audit` (what to ask, and the facts in the answers) → `api` (calls:
//! signed, spaced, retried, paged, kept in the `memo`) → `auth` (who asks) → `transport` (where requests may go, and HTTP) → `crypto` (keys, certificates,
//! signatures) → `wire` (the service's JSON) → `fault` (every way in which it can fail).

mod api;
mod audit;
mod auth;
mod crypto;
mod fault;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod memo;
#[cfg(test)]
mod testing;
mod transport;
mod wire;

pub use audit::audit;
