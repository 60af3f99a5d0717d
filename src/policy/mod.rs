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

pub use baseline::Baseline;
pub use config::Config;
pub use decide::{Context, Input, Options, decide, fail_on};
pub use exempt::Entry;
pub use outcome::{ConfigInUse, Exempted, ExemptedBy, FailOn, JudgedKey, Notice, Outcome};
pub use schema::schema;
pub use words::{matches, nearest};
