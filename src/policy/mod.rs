//! What the user decided: levels, exemptions, baseline. Inventory and verdicts → `Outcome`.

mod outcome;

pub use outcome::{Exempted, ExemptedBy, JudgedKey, Notice, Outcome};
