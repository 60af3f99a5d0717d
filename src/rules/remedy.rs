//! What a help offers, as data: what to write where, when that is right, and what the rule says afterwards. Fixes and reports share it.

use super::place::{self, EditTarget};
use super::{Kind, Rule, Settings, Verdict};
use crate::base::{Bounds, Claim, DefaultSite, Fact, Place, StepKind};
use crate::key::ReplicationRole;
use crate::key::{KeyFacts, ProtectionMode};
use std::sync::Arc;

/// One way to settle a finding on one key: all of its changes or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// When it is right, as a clause after "if"; `None` where it always is.
    pub condition: Option<&'static str>,
    /// Who may apply it.
    pub safety: Safety,
    /// The edits: which text goes where.
    pub changes: Vec<ArgumentChange>,
    /// What the rule says of the key afterwards: the verdict's word, and its kind where the change decides about nothing else.
    pub leads_to: (&'static str, Option<Kind>),
}

/// Why a rule has no remedy for a key. One clause without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemedyError {
    /// A plan or a state without its configuration.
    #[error("the code that declares the key is not available; pass its directory with `--source`")]
    NoCode,
    /// A value that is not shown.
    #[error("`{0}` is sensitive, so its value is not changed")]
    Sensitive(&'static str),
    /// A value of which no step is known.
    #[error("it is unknown where `{0}` is written")]
    NoPlace(&'static str),
    /// One of several values.
    #[error("`{0}` depends on a condition")]
    Conditional(&'static str),
    /// A default that callers may replace.
    #[error("the caller of the module decides `{0}`")]
    OfCaller(&'static str),
    /// A value that a switch of a module chooses.
    #[error("`{name}` follows from `{argument}` of the module call")]
    FollowsFrom {
        /// The argument of the resource.
        name: &'static str,
        /// The argument of the call.
        argument: Arc<str>,
    },
    /// The default of all elements.
    #[error("`{0}` is left to the default of an optional attribute; set it in the element")]
    LeftOut(&'static str),
    /// A key that the service copies from another one.
    #[error("the key is a replica: change the primary key, in the region of its vault")]
    Replica,
    /// An argument of an existing key that Terraform does not change.
    #[error("the key exists, and `ignore_changes` keeps Terraform from changing `{0}`")]
    Ignored(&'static str),
    /// A provider that cannot rotate, as messages name it.
    #[error("{0} has no `is_auto_rotation_enabled`: it needs 5.31.0")]
    NoRotation(String),
    /// A provider of this version, which makes HSM keys only.
    #[error("oracle/oci {0} has no SOFTWARE keys: they need 3.94.0")]
    NoSoftwareKeys(String),
}

/// Whether a change can do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Nothing that exists is replaced.
    Safe,
    /// A key that exists would be replaced, and what it encrypted lost; or it is right only under the condition.
    Unsafe,
    /// A person has to choose: it is shown and never applied alone.
    Choice,
}

/// One change of one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentChange {
    /// The argument and its new value.
    pub to: Setting,
    /// Where it is written.
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

    /// The value as Terraform and JSON write it.
    #[must_use]
    pub fn value(self) -> String {
        match self {
            Self::Software => "\"SOFTWARE\"".to_owned(),
            Self::Switch(on) => on.to_string(),
            Self::Interval(days) => days.to_string(),
            Self::NoStart => "null".to_owned(),
        }
    }

    /// The key as it is with this setting.
    fn set(self, key: &mut KeyFacts) {
        match self {
            Self::Software => put(&mut key.protection_mode, Some(ProtectionMode::Software)),
            Self::Switch(on) => put(&mut key.rotation.enabled, Some(on)),
            Self::Interval(days) => put(&mut key.rotation.interval_days, Some(days)),
            Self::NoStart => put(&mut key.rotation.start, None),
        }
    }
}

impl Remedy {
    /// What to write, as an imperative clause with a capital letter: where the defaults are that decide about `input`.
    #[must_use]
    pub(super) fn instruction(&self, input: &str) -> String {
        let one = |change: &ArgumentChange| {
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
        let parts: Vec<String> = self.changes.iter().map(one).collect();
        super::subject::capitalized(&super::subject::listed(&parts, "and"))
    }
}

/// A default stays a default, with another value.
fn put<T>(fact: &mut Fact<T>, value: Option<T>) {
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

/// Where a value is written, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemedySite {
    /// The literal here is replaced.
    Value(Place),
    /// The argument is inserted into the resource's block.
    Block(Place),
    /// It is inserted into the `auto_key_rotation_details` whose header is here.
    Details(Place),
    /// `auto_key_rotation_details` is inserted into the resource's block.
    NewDetails(Place),
    /// It becomes the default of the `optional(…)` here.
    Optional(Place),
    /// The argument is inserted into the module call whose complete block is here.
    Call(Place, Arc<str>),
    /// The attribute is inserted into the object here.
    Element(Place, Arc<str>),
}

/// The site of an argument of the resource itself.
pub(super) fn site<T>(key: &KeyFacts, fact: &Fact<T>, name: &'static str) -> Result<RemedySite, RemedyError> {
    if fact.trail.is_empty() && !is_default(fact) { block(key).map(RemedySite::Block) } else { written(key, fact, name) }
}

/// The site of the interval, which is in a block of its own.
pub(super) fn interval_site(key: &KeyFacts) -> Result<RemedySite, RemedyError> {
    let fact = &key.rotation.interval_days;
    if !fact.trail.is_empty() || is_default(fact) {
        return written(key, fact, "rotation_interval_in_days");
    }
    match &key.rotation.block {
        Some(header) => Ok(RemedySite::Details(header.clone())),
        None => block(key).map(RemedySite::NewDetails),
    }
}

fn block(key: &KeyFacts) -> Result<Place, RemedyError> {
    key.declared.block.clone().ok_or(RemedyError::NoCode)
}

/// Where a fact is edited: where its finding is.
fn written<T>(key: &KeyFacts, fact: &Fact<T>, name: &'static str) -> Result<RemedySite, RemedyError> {
    if fact.sensitive {
        return Err(RemedyError::Sensitive(name));
    }
    let Some(last) = fact.trail.last() else { return Err(RemedyError::NoPlace(name)) };
    // A fix would make both branches of a conditional the same, and another value might not pass the `if` of a `for`.
    if fact.trail.iter().any(|step| step.condition().is_some()) {
        return Err(RemedyError::Conditional(name));
    }
    match fact.default.as_deref() {
        Some(DefaultSite::Literal(place)) => return Ok(RemedySite::Value(place.clone())),
        Some(DefaultSite::Optional(place)) => return Ok(RemedySite::Optional(place.clone())),
        None if is_default(fact) => return Err(RemedyError::OfCaller(name)),
        None => {}
    }
    let at = place::of(key, fact, name);
    match (at.edit, at.call) {
        (EditTarget::Argument(argument), Some(block)) => Ok(RemedySite::Call(block, argument)),
        (EditTarget::LeftOut(attribute), _) => Ok(RemedySite::Element(at.at.place, attribute)),
        (EditTarget::Toggle(argument), _) => Err(RemedyError::FollowsFrom { name, argument }),
        // The edit belongs into the element, which gets an attribute of its own: the type's default is that of all elements.
        _ if matches!(last.kind, StepKind::Optional(_)) => Err(RemedyError::LeftOut(name)),
        _ => Ok(RemedySite::Value(last.place.clone())),
    }
}

fn is_default<T>(fact: &Fact<T>) -> bool {
    matches!(fact.as_unknown().map(|unknown| &unknown.bounds), Some(Bounds::Default { .. }))
}

/// A replica cannot be changed.
pub(super) fn not_replica(key: &KeyFacts) -> Result<(), RemedyError> {
    match key.replication_role {
        ReplicationRole::Primary => Ok(()),
        ReplicationRole::Replica => Err(RemedyError::Replica),
    }
}

/// Whether Terraform is kept from changing an argument of a key that exists.
pub(super) fn not_ignored(key: &KeyFacts, name: &'static str) -> Result<(), RemedyError> {
    let ignored = key.declared.ignore_changes.iter().any(|ignored| ignored == "*" || ignored == name);
    if ignored && key.planned_action.is_existing() {
        return Err(RemedyError::Ignored(name));
    }
    Ok(())
}

/// What a rule says of a key after changes.
pub(super) fn after(rule: &Rule, key: &KeyFacts, changes: &[ArgumentChange], settings: &Settings) -> Verdict {
    let mut changed = key.clone();
    changes.iter().for_each(|change| change.to.set(&mut changed));
    (rule.check)(&changed, settings)
}

/// What a rule says of a key whose callers set nothing, after changes.
pub(super) fn after_by_default(rule: &Rule, key: &KeyFacts, changes: &[ArgumentChange], settings: &Settings) -> Verdict {
    let mut changed = key.clone();
    changes.iter().for_each(|change| change.to.set(&mut changed));
    // Every default at once: the rule would not decide about a key with one that a caller may change.
    settle(&mut changed.protection_mode);
    settle(&mut changed.rotation.enabled);
    settle(&mut changed.rotation.interval_days);
    settle(&mut changed.rotation.start);
    settle(&mut changed.vault_type);
    (rule.check)(&changed, settings)
}

fn settle<T: Clone>(fact: &mut Fact<T>) {
    if let Some(Bounds::Default { value, .. }) = fact.as_unknown().map(|unknown| &unknown.bounds) {
        fact.claim = value.clone().map_or(Claim::Unset, Claim::Known);
    }
}
