//! Resolves names in a root that is being evaluated: the implementation of `eval::Scope`.
//!
//! Read `variables` and `values` first (`var`, `local`, outputs), then `expand` (`count`, `for_each`) and `descend` (module calls; `early`
//! for their sources), `dynamic` and `resource` (attributes of resources and data sources), `trails`, and `time` (values that change over
//! time). `names` is last: it implements the trait, and nothing imports it.

pub(super) mod descend;
pub(super) mod dynamic;
pub(super) mod early;
pub(super) mod expand;
pub(super) mod names;
pub(super) mod resource;
pub(super) mod time;
pub(super) mod trails;
pub(super) mod values;
pub(super) mod variables;
