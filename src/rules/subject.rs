//! What both rules ask of a key: how far it exists, its vault, the rows they share, and which values may be shown.

use super::verdict::{Report, Verdict};
use crate::base::{Bounds, Claim, Fact, Unknown};
use crate::key::{Fate, KeyFacts, Lifecycle, ProtectionMode, Stage, VaultType};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// How far a key exists: advice hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// It will be made.
    New,
    /// It exists and stays the same key.
    Existing,
    /// It exists, and a new one will take its place.
    Replaced,
    /// Configuration alone cannot tell.
    Unsure,
}

/// How far the key exists.
pub(super) fn situation(key: &KeyFacts) -> Situation {
    match (key.stage, key.fate) {
        (Stage::Actual, _) => Situation::Existing,
        (Stage::Declared, Fate::Create) => Situation::New,
        (Stage::Declared, Fate::Replace) => Situation::Replaced,
        (Stage::Declared, fate) if fate.is_existing() => Situation::Existing,
        (Stage::Declared, _) => Situation::Unsure,
    }
}

/// What the advice has to know of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vault {
    /// `DEFAULT` in every case.
    Default,
    /// `VIRTUAL_PRIVATE` in every case.
    Private,
    /// Not known, or a type the service does not document.
    Unsure,
}

/// What kind of vault the key is in, as far as that is certain.
pub(super) fn vault(key: &KeyFacts) -> Vault {
    if always(&key.vault_type, |vault| vault == Some(&VaultType::Default)) {
        Vault::Default
    } else if always(&key.vault_type, |vault| vault == Some(&VaultType::VirtualPrivate)) {
        Vault::Private
    } else {
        Vault::Unsure
    }
}

/// Whether something holds for whatever the fact turns out to be. A default that the caller may change holds for nothing.
pub(super) fn always<T>(fact: &Fact<T>, holds: impl Fn(Option<&T>) -> bool) -> bool {
    match &fact.claim {
        Claim::Known(value) => holds(Some(value)),
        Claim::Unset => holds(None),
        Claim::Unknown(unknown) => match &unknown.bounds {
            Bounds::OneOf(cases) => !cases.is_empty() && cases.iter().all(|case| holds(case.value.as_ref())),
            Bounds::Anything | Bounds::Nothing | Bounds::Default { .. } => false,
        },
    }
}

/// Row 1 of both tables: the key is going or switched off.
pub(super) fn ending_or_disabled(key: &KeyFacts) -> Option<Verdict> {
    if key.fate == Fate::Delete {
        return Some(not_applicable("ending", "the key will be deleted"));
    }
    if always(&key.lifecycle, |state| state.is_some_and(Lifecycle::is_ending)) {
        return Some(not_applicable("ending", "the key is deleted or waits for its deletion"));
    }
    always(&key.lifecycle, |state| state.is_some_and(Lifecycle::is_disabled))
        .then(|| not_applicable("disabled", "the key is disabled: it can neither be used nor rotated until it is enabled again"))
}

/// Row 3 of 004, row 2 of 001: the key lives in an external key manager.
pub(super) fn external(key: &KeyFacts, consequence: &str) -> Option<Verdict> {
    let why = if always(&key.protection_mode, |mode| mode == Some(&ProtectionMode::External)) {
        "the protection mode is EXTERNAL"
    } else if always(&key.external_key_reference, |reference| reference.is_some()) {
        "the key refers to an external key"
    } else if always(&key.vault_type, |vault| vault == Some(&VaultType::External)) {
        "the vault is EXTERNAL"
    } else {
        return None;
    };
    Some(not_applicable("external", format!("{why}: {consequence}")))
}

/// A violation of a key that may turn out to be external is not certain: `external_key_reference` is written, and its value is unknown.
pub(super) fn unless_external(key: &KeyFacts, verdict: Verdict) -> Verdict {
    let Some(unknown) = key.external_key_reference.as_unknown() else { return verdict };
    let may_be_set = match &unknown.bounds {
        Bounds::Anything | Bounds::Nothing => true,
        Bounds::OneOf(cases) => cases.iter().any(|case| case.value.is_some()),
        Bounds::Default { value, .. } => value.is_some(),
    };
    match verdict {
        Verdict::Violation(report) if may_be_set => Verdict::Undetermined(Report {
            kind: "unknown",
            message: format!("whether the key is an external one cannot be told: {}", unknown.why),
            at: key.external_key_reference.trail.clone(),
            note: sentences([Some(format!("If it is not, this holds: {}.", report.message)), Some(report.note)]),
            help: report.help,
        }),
        other => other,
    }
}

/// A verdict that the rule does not speak about the key.
pub(super) fn not_applicable(kind: &'static str, message: impl Into<String>) -> Verdict {
    Verdict::NotApplicable { kind, message: message.into() }
}

/// A pass without advice.
pub(super) fn pass(kind: &'static str, message: impl Into<String>) -> Verdict {
    Verdict::Pass { kind, message: message.into(), advice: None }
}

/// The word of a fact in backticks, unless it must not be shown: sensitive, or out of a file and none of the service's words.
pub(super) fn shown_mode<T>(fact: &Fact<T>, mode: &ProtectionMode) -> Option<String> {
    (!fact.sensitive && (!fact.from_file || mode.is_documented())).then(|| format!("`{mode}`"))
}

/// A number of days, unless it must not be shown.
pub(super) fn shown_days<T>(fact: &Fact<T>, days: i64) -> Option<String> {
    (!fact.sensitive).then(|| format!("{days} days"))
}

/// A date, unless it must not be shown.
pub(super) fn shown_date<T>(fact: &Fact<T>, date: Date) -> Option<String> {
    (!fact.sensitive && !fact.from_file).then(|| date.to_string())
}

/// The day of a time in UTC, in which the service schedules.
pub(super) fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// A sentence on what a symbolic instance stands for.
pub(super) fn stands_for_many(key: &KeyFacts) -> Option<String> {
    key.symbolic.as_ref().map(|symbolic| format!("This holds for every key that the block may make: {}.", symbolic.why))
}

/// How an undetermined verdict can be settled.
pub(super) fn how_to_settle(key: &KeyFacts) -> String {
    match key.stage {
        Stage::Declared if key.symbolic.is_some() => {
            "Check the folders that call this module, so that its keys are judged with what the callers set, or check the plan: \
             `terraform show -json PLANFILE | kmslint -`."
        }
        Stage::Declared => {
            "Give the value with `--var` or `--var-file`, or check the plan, which knows more: `terraform show -json PLANFILE | kmslint -`."
        }
        Stage::Actual => "Ask the service: `kmslint live`.",
    }
    .to_owned()
}

/// How an undetermined verdict on one attribute can be settled.
pub(super) fn how_to_settle_this<T>(key: &KeyFacts, unknown: &Unknown<T>) -> String {
    match unknown.bounds {
        Bounds::Nothing => "Mend what is written: as it stands Terraform would refuse it, so no plan will know more.".to_owned(),
        _ => how_to_settle(key),
    }
}

/// Sentences as one text.
pub(super) fn sentences<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Clauses as one: `a`, `a and b`, `a, b and c`.
pub(super) fn listed(parts: &[String], last: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}
