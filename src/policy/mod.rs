//! What the user decided: levels, exemptions, baseline. Inventory and verdicts → `Outcome`.
//!
//! Read `outcome` and `decide` first, then `config`, `exempt` and `baseline`, the three things a user writes.

pub mod baseline;
pub mod config;
mod decide;
mod exempt;
mod outcome;
mod schema;
mod words;

pub(crate) use baseline::Baseline;
pub use config::Config;
pub use decide::{Context, Input, Options};
pub(crate) use decide::{decide, fail_on};
pub use exempt::Entry;
pub use outcome::Outcome;
pub(crate) use outcome::{ConfigInUse, Exempted, ExemptedBy, FailOn, JudgedKey, Notice};
pub use schema::schema;
pub use words::{matches, nearest};
