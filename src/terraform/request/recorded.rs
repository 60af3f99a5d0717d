//! The values of a root module's variables as a plan records them. The configuration is evaluated again with these values only.

use crate::base::Sources;
use crate::eval::Value;
use crate::eval::functions::decode_json;
use crate::hcl::Block;
use crate::terraform::blocks::constants::is_true;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by variable name, as JSON; `None` for a value that the plan reader did not keep.
pub(crate) type Recorded = BTreeMap<String, Option<Arc<str>>>;

/// Why a variable without a recorded value is unknown.
pub(crate) const NOT_RECORDED: &str = "the plan does not record its value";

/// The recorded values that can be decoded.
pub(crate) fn values(recorded: &Recorded) -> impl Iterator<Item = (&String, Value)> {
    recorded.iter().filter_map(|(name, json)| Some((name, decode_json(json.as_deref()?)?)))
}

/// Why a plan was not created from a configuration, as a clause; `None` if it may have been. A plan records every variable of its root
/// module except for ephemeral ones.
pub(crate) fn mismatch(variables: &BTreeMap<Arc<str>, Block>, recorded: &Recorded, sources: &Sources) -> Option<String> {
    let undeclared = recorded.keys().find(|name| !variables.contains_key(name.as_str()));
    if let Some(name) = undeclared {
        return Some(format!("it does not declare variable `{name}`, for which the plan records a value"));
    }
    let added = variables.iter().find(|(name, variable)| !recorded.contains_key(&***name) && !is_true(variable, "ephemeral", sources));
    added.map(|(name, _)| format!("the plan does not record a value for its variable `{name}`"))
}
