//! The user's decisions: levels, exemptions, baseline. Inventory and verdicts → `Outcome`.
//!
//! Read `outcome` and `decide` first, then `config`, `exempt` and `baseline`, the three things that a user writes.

pub mod baseline;
pub mod config;
mod decide;
mod exempt;
mod outcome;
mod schema;
mod words;

pub(crate) use baseline::Baseline;
pub use config::Config;
pub use decide::{DecisionContext, Input, PolicyOptions};
pub(crate) use decide::{decide, fail_on};
pub use exempt::ExemptEntry;
pub use outcome::Outcome;
pub(crate) use outcome::{CheckedKey, ConfigInUse, Exempted, ExemptedBy, FailOn, Notice};
pub use schema::schema;
pub use words::{matches, nearest};
