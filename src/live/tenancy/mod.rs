//! The audit of a tenancy, in layers that import downward only: `audit` (which calls to make, and the facts in the answers) → `api` (calls:
//! signed, rate-limited, retried, paged, cached in the `memo`) → `auth` (credentials) → `transport` (allowed hosts, and HTTP) → `crypto`
//! (keys, certificates, signatures) → `wire` (the service's JSON) → `fault` (errors).

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
