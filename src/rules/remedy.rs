//! Remedies: the advice of a finding as data, which edits it needs and which verdict follows. Fixes and reports share it.

use super::place::{self, EditTarget};
use super::{Kind, Rule, Settings, Verdict};
use crate::base::{Bounds, Claim, DefaultSite, Fact, Place, StepKind};
use crate::key::ReplicationRole;
use crate::key::{KeyFacts, ProtectionMode};
use std::sync::Arc;

/// One way to resolve a finding on one key. Its changes must be applied together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The condition under which it is right, as a clause after "if"; `None` if it always is.
    pub condition: Option<&'static str>,
    /// Whether applying it can do harm.
    pub safety: Safety,
    /// The edits.
    pub changes: Vec<ArgumentChange>,
    /// The verdict on the key afterwards: its word, and its kind if the changes determine it.
    pub expected_verdict: (&'static str, Option<Kind>),
}

/// Why a rule has no remedy for a key. One clause without a final period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemedyError {
    /// The key comes from a plan or a state without its configuration.
    #[error("the code that declares the key is not available; pass its directory with `--source`")]
    NoCode,
    /// The value must not be shown.
    #[error("`{0}` is sensitive, so its value is not changed")]
    Sensitive(&'static str),
    /// No step of the value is known.
    #[error("it is unknown where `{0}` is set")]
    NoPlace(&'static str),
    /// The value is one of several.
    #[error("`{0}` depends on a condition")]
    Conditional(&'static str),
    /// The value is a default that callers may override.
    #[error("the caller of the module decides `{0}`")]
    DecidedByCaller(&'static str),
    /// Another argument of the module call decides the value.
    #[error("`{name}` follows from `{argument}` of the module call")]
    FollowsFrom {
        /// The argument of the resource.
        name: &'static str,
        /// The argument of the call.
        argument: Arc<str>,
    },
    /// The value is the default of all elements.
    #[error("`{0}` is left to the default of an optional attribute; set it in the element")]
    LeftOut(&'static str),
    /// The service copies the key from another one.
    #[error("the key is a replica: change the primary key, in the region of its vault")]
    Replica,
    /// Terraform does not change the argument of an existing key.
    #[error("the key exists, and `ignore_changes` keeps Terraform from changing `{0}`")]
    Ignored(&'static str),
    /// The provider, as messages name it, is too old for automatic rotation.
    #[error("{0} has no `is_auto_rotation_enabled`: it needs 5.31.0")]
    NoRotation(String),
    /// The provider has this version and supports HSM keys only.
    #[error("oracle/oci {0} has no SOFTWARE keys: they need 3.94.0")]
    NoSoftwareKeys(String),
}

/// Whether a change can do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Nothing that exists is replaced.
    Safe,
    /// It would replace an existing key and lose what it encrypted, or it is right only under its condition.
    Unsafe,
    /// A person has to choose: it is shown and never applied automatically.
    Choice,
}

/// One change of one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentChange {
    /// The argument and its new value.
    pub to: Setting,
    /// Where to write it.
    pub at: RemedySite,
}

/// An argument with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Setting {
    /// `protection_mode = "SOFTWARE"`
    Software,
    /// `is_auto_rotation_enabled`
    Switch(bool),
    /// `rotation_interval_in_days`
    Interval(i64),
    /// `time_of_schedule_start = null`
    NoStart,
}

impl Setting {
    /// The argument.
    #[must_use]
    pub fn argument(self) -> &'static str {
        match self {
            Self::Software => "protection_mode",
            Self::Switch(_) => "is_auto_rotation_enabled",
            Self::Interval(_) => "rotation_interval_in_days",
            Self::NoStart => "time_of_schedule_start",
        }
    }

    /// The value in Terraform and JSON syntax.
    #[must_use]
    pub fn value(self) -> String {
        match self {
            Self::Software => "\"SOFTWARE\"".to_owned(),
            Self::Switch(on) => on.to_string(),
            Self::Interval(days) => days.to_string(),
            Self::NoStart => "null".to_owned(),
        }
    }

    /// Changes the facts of a key to this setting.
    fn apply(self, key: &mut KeyFacts) {
        match self {
            Self::Software => replace_value(&mut key.protection_mode, Some(ProtectionMode::Software)),
            Self::Switch(on) => replace_value(&mut key.rotation.enabled, Some(on)),
            Self::Interval(days) => replace_value(&mut key.rotation.interval_days, Some(days)),
            Self::NoStart => replace_value(&mut key.rotation.start, None),
        }
    }
}

impl Remedy {
    /// The edits as an imperative clause with a capital letter. `input`: the variable with the default to change.
    #[must_use]
    pub(super) fn instruction(&self, input: &str) -> String {
        let clause = |change: &ArgumentChange| {
            let (name, value) = (change.to.argument(), change.to.value());
            match &change.at {
                RemedySite::Value(_) => format!("change the default of `{input}` to `{value}`"),
                RemedySite::Optional(_) => format!("write `optional(…, {value})` in the type of the variable"),
                RemedySite::Block(_) => format!("set `{name} = {value}` in the resource"),
                RemedySite::Call(_, argument) => format!("set `{argument} = {value}` in the call"),
                RemedySite::Element(_, attribute) => format!("set `{attribute} = {value}` in the element"),
                RemedySite::Details(_) | RemedySite::NewDetails(_) => {
                    format!("set `auto_key_rotation_details {{ {name} = {value} }}` in the resource")
                }
            }
        };
        let clauses: Vec<String> = self.changes.iter().map(clause).collect();
        super::subject::capitalized(&super::subject::listed(&clauses, "and"))
    }
}

/// Replaces the value of a fact. A default stays a default, which a caller may override.
fn replace_value<T>(fact: &mut Fact<T>, value: Option<T>) {
    let default = match fact.as_unknown().map(|unknown| (&unknown.bounds, &unknown.why)) {
        Some((Bounds::Default { input, .. }, why)) => Some((input.clone(), why.clone())),
        _ => None,
    };
    fact.claim = match (default, value) {
        (Some((input, why)), value) => Claim::unknown(why, Bounds::Default { value, input }),
        (None, Some(value)) => Claim::Known(value),
        (None, None) => Claim::Unset,
    };
}

/// Where to write a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemedySite {
    /// Replaces the literal here.
    Value(Place),
    /// Inserts the argument into the resource's block.
    Block(Place),
    /// Inserts the argument into the `auto_key_rotation_details` block with its header here.
    Details(Place),
    /// Inserts an `auto_key_rotation_details` block into the resource's block.
    NewDetails(Place),
    /// Adds the value as the default of the `optional(…)` here.
    Optional(Place),
    /// Inserts the argument into the module call with its complete block here.
    Call(Place, Arc<str>),
    /// Inserts the attribute into the object here.
    Element(Place, Arc<str>),
}

/// The site of an argument of the resource itself.
pub(super) fn site<T>(key: &KeyFacts, fact: &Fact<T>, name: &'static str) -> Result<RemedySite, RemedyError> {
    if fact.trail.is_empty() && !is_default(fact) { block(key).map(RemedySite::Block) } else { traced_site(key, fact, name) }
}

/// The site of the interval, which is in a nested block.
pub(super) fn interval_site(key: &KeyFacts) -> Result<RemedySite, RemedyError> {
    let fact = &key.rotation.interval_days;
    if !fact.trail.is_empty() || is_default(fact) {
        return traced_site(key, fact, "rotation_interval_in_days");
    }
    match &key.rotation.block {
        Some(header) => Ok(RemedySite::Details(header.clone())),
        None => block(key).map(RemedySite::NewDetails),
    }
}

fn block(key: &KeyFacts) -> Result<Place, RemedyError> {
    key.declared.block.clone().ok_or(RemedyError::NoCode)
}

/// The site of a fact with a trail: the place of its finding.
fn traced_site<T>(key: &KeyFacts, fact: &Fact<T>, name: &'static str) -> Result<RemedySite, RemedyError> {
    if fact.sensitive {
        return Err(RemedyError::Sensitive(name));
    }
    let Some(last) = fact.trail.last() else { return Err(RemedyError::NoPlace(name)) };
    // A fix would make both branches of a conditional the same, and the new value might not pass the `if` of a `for`.
    if fact.trail.iter().any(|step| step.condition().is_some()) {
        return Err(RemedyError::Conditional(name));
    }
    match fact.default.as_deref() {
        Some(DefaultSite::Literal(place)) => return Ok(RemedySite::Value(place.clone())),
        Some(DefaultSite::Optional(place)) => return Ok(RemedySite::Optional(place.clone())),
        None if is_default(fact) => return Err(RemedyError::DecidedByCaller(name)),
        None => {}
    }
    let at = place::of(key, fact, name);
    match (at.edit, at.call) {
        (EditTarget::Argument(argument), Some(block)) => Ok(RemedySite::Call(block, argument)),
        (EditTarget::LeftOut(attribute), _) => Ok(RemedySite::Element(at.at.place, attribute)),
        (EditTarget::Toggle(argument), _) => Err(RemedyError::FollowsFrom { name, argument }),
        // The edit belongs in the element: changing the type's default would change all elements.
        _ if matches!(last.kind, StepKind::Optional(_)) => Err(RemedyError::LeftOut(name)),
        _ => Ok(RemedySite::Value(last.place.clone())),
    }
}

fn is_default<T>(fact: &Fact<T>) -> bool {
    matches!(fact.as_unknown().map(|unknown| &unknown.bounds), Some(Bounds::Default { .. }))
}

/// Fails for a replica, which cannot be changed.
pub(super) fn ensure_not_replica(key: &KeyFacts) -> Result<(), RemedyError> {
    match key.replication_role {
        ReplicationRole::Primary => Ok(()),
        ReplicationRole::Replica => Err(RemedyError::Replica),
    }
}

/// Fails if the key exists and `ignore_changes` lists the argument.
pub(super) fn ensure_not_ignored(key: &KeyFacts, name: &'static str) -> Result<(), RemedyError> {
    let ignored = key.declared.ignore_changes.iter().any(|ignored| ignored == "*" || ignored == name);
    if ignored && key.planned_action.is_existing() {
        return Err(RemedyError::Ignored(name));
    }
    Ok(())
}

/// The verdict on a key after changes.
pub(super) fn verdict_after(rule: &Rule, key: &KeyFacts, changes: &[ArgumentChange], settings: &Settings) -> Verdict {
    let mut changed = key.clone();
    changes.iter().for_each(|change| change.to.apply(&mut changed));
    (rule.check)(&changed, settings)
}

/// The verdict on a key after changes, if its callers set nothing.
pub(super) fn default_verdict_after(rule: &Rule, key: &KeyFacts, changes: &[ArgumentChange], settings: &Settings) -> Verdict {
    let mut changed = key.clone();
    changes.iter().for_each(|change| change.to.apply(&mut changed));
    // All defaults together: with any default left, the rule is undetermined.
    assume_default(&mut changed.protection_mode);
    assume_default(&mut changed.rotation.enabled);
    assume_default(&mut changed.rotation.interval_days);
    assume_default(&mut changed.rotation.start);
    assume_default(&mut changed.vault_type);
    (rule.check)(&changed, settings)
}

fn assume_default<T: Clone>(fact: &mut Fact<T>) {
    if let Some(Bounds::Default { value, .. }) = fact.as_unknown().map(|unknown| &unknown.bounds) {
        fact.claim = value.clone().map_or(Claim::Unset, Claim::Known);
    }
}
