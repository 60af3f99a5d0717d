//! What the rules share: whether a key exists, its vault, rows that are in both tables, how to resolve unknowns, which values may be shown.

use super::verdict::{Advice, Report, Verdict};
use super::{Kind, Placement, SharedKind, place};
use crate::base::{Bounds, Cause, Claim, Fact, Step, Unknown};
use crate::key::{InputKind, KeyFacts, Lifecycle, PlannedAction, ProtectionMode, Stage, VaultType};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Whether a key exists yet: advice depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// It will be created.
    New,
    /// It exists and stays the same key.
    Existing,
    /// It exists, and a new key will replace it.
    Replaced,
    /// Configuration alone does not show it.
    Unsure,
}

/// Whether the key exists yet.
pub(super) fn situation(key: &KeyFacts) -> Situation {
    match (key.stage, key.planned_action) {
        _ if key.imported.value() == Some(&true) => Situation::Existing,
        (Stage::Actual, _) => Situation::Existing,
        (Stage::Declared, PlannedAction::Create) => Situation::New,
        (Stage::Declared, PlannedAction::Replace) => Situation::Replaced,
        (Stage::Declared, planned_action) if planned_action.is_existing() => Situation::Existing,
        (Stage::Declared, _) => Situation::Unsure,
    }
}

/// The type of a vault, as far as the advice depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VaultCase {
    /// `DEFAULT` in every case.
    Default,
    /// `VIRTUAL_PRIVATE` in every case.
    Private,
    /// Unknown, or a type that the service does not document.
    Unsure,
}

/// The type of the key's vault, as far as it is certain.
pub(super) fn vault(key: &KeyFacts) -> VaultCase {
    if always(&key.vault_type, |vault| vault == Some(&VaultType::Default)) {
        VaultCase::Default
    } else if always(&key.vault_type, |vault| vault == Some(&VaultType::VirtualPrivate)) {
        VaultCase::Private
    } else {
        VaultCase::Unsure
    }
}

/// Whether the predicate holds for every value that the fact can have. It never holds for a default, because a caller may override it.
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

/// Row 1 of both tables: the key is deleted, leaves Terraform's control, or is disabled.
pub(super) fn ending_or_disabled(key: &KeyFacts) -> Option<Verdict> {
    match key.planned_action {
        PlannedAction::Delete => return Some(not_applicable(SharedKind::Ending, "the key will be deleted")),
        PlannedAction::Forget => {
            let message = "Terraform will forget the key, which stays in its vault; `kmslint live` still checks it";
            return Some(not_applicable(SharedKind::Forgotten, message));
        }
        _ => {}
    }
    if always(&key.lifecycle, |state| state.is_some_and(Lifecycle::is_ending)) {
        return Some(not_applicable(SharedKind::Ending, "the key is deleted or pending deletion"));
    }
    // The provider cannot create a disabled key, so such a key is checked as an enabled one.
    (is_disabled(key) && !cannot_be_created(key))
        .then(|| not_applicable(SharedKind::Disabled, "the key is disabled: it cannot be used or rotated until it is enabled again"))
}

fn is_disabled(key: &KeyFacts) -> bool {
    always(&key.lifecycle, |state| state.is_some_and(Lifecycle::is_disabled))
}

/// Whether the provider refuses to create the key because it would be disabled. It restores a key from a backup first and then disables it.
/// Source: `kms_key_resource.go` of oracle/oci 8.28.0, "can only be created in ENABLED state".
fn cannot_be_created(key: &KeyFacts) -> bool {
    let is_created = matches!(situation(key), Situation::New | Situation::Replaced);
    is_created && is_disabled(key) && key.restored.value() != Some(&true)
}

/// A violation is uncertain if the key may be disabled. A key that does not exist yet is created enabled.
pub(super) fn unless_disabled(key: &KeyFacts, verdict: Verdict) -> Verdict {
    let is_created = matches!(situation(key), Situation::New | Situation::Replaced) && key.restored.value() != Some(&true);
    if is_created || !unknown_may_hold(&key.lifecycle, |state| state.is_some_and(Lifecycle::is_disabled)) {
        return verdict;
    }
    downgraded(
        verdict,
        place::of_unknown(key, &key.lifecycle, "desired_state"),
        &key.lifecycle,
        |why| format!("cannot determine whether the key is enabled: {why}"),
        "If the key is enabled",
    )
}

/// Adds a caution to the verdict if the apply will fail for another reason. `with_passes`: also to a pass, which only one rule does.
pub(super) fn with_cautions(key: &KeyFacts, verdict: Verdict, with_passes: bool) -> Verdict {
    let disabled = cannot_be_created(key).then(|| Advice {
        kind: SharedKind::CreatedDisabled.into(),
        message: "`desired_state` is DISABLED, and the provider cannot create a disabled key: create it enabled, then disable it"
            .to_owned(),
        at: key.lifecycle.trail.to_vec(),
    });
    let endpoint = key.wrong_endpoint.as_ref().filter(|_| key.stage == Stage::Declared).map(|step| Advice {
        kind: SharedKind::WrongEndpoint.into(),
        message: format!(
            "`management_endpoint`: {}; `plan` succeeds and `apply` fails with 404: use the `management_endpoint` of the vault",
            step.label()
        ),
        at: vec![Step::new(step.place.clone(), "not a vault's management endpoint")],
    });
    let Some(caution) = disabled.or(endpoint) else { return verdict };
    let with = |report: Report| {
        let sentence = format!("{}.", capitalized(caution.message.trim_end_matches('.')));
        Report { note: sentences([Some(report.note), Some(sentence)]), ..report }
    };
    match verdict {
        Verdict::Violation(report) => Verdict::Violation(with(report)),
        Verdict::Undetermined(report) => Verdict::Undetermined(with(report)),
        // A verdict has only one advice, and the rule's own takes precedence.
        Verdict::Pass { kind, message, advice } if with_passes => Verdict::Pass { kind, message, advice: advice.or(Some(caution)) },
        other => other,
    }
}

/// A text with its first letter in upper case.
pub(crate) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Whether the fact is unknown and the predicate may hold for it. A default counts only as itself: what a caller sets is unknown.
fn unknown_may_hold<T>(fact: &Fact<T>, holds: impl Fn(Option<&T>) -> bool) -> bool {
    let Some(unknown) = fact.as_unknown() else { return false };
    match &unknown.bounds {
        Bounds::Anything | Bounds::Nothing => true,
        Bounds::OneOf(cases) => cases.iter().any(|case| holds(case.value.as_ref())),
        Bounds::Default { value, .. } => holds(value.as_ref()),
    }
}

/// Whether the predicate holds, or may hold, for the fact.
pub(super) fn may_hold<T>(fact: &Fact<T>, holds: impl Fn(Option<&T>) -> bool) -> bool {
    match &fact.claim {
        Claim::Known(value) => holds(Some(value)),
        Claim::Unset => holds(None),
        Claim::Unknown(unknown) => matches!(unknown.bounds, Bounds::Anything | Bounds::Nothing) || unknown_may_hold(fact, holds),
    }
}

/// Downgrades a violation that depends on another fact, which is unknown.
fn downgraded<T>(verdict: Verdict, at: Placement, fact: &Fact<T>, message: impl Fn(&str) -> String, otherwise: &str) -> Verdict {
    match (verdict, fact.as_unknown()) {
        (Verdict::Violation(report), Some(unknown)) => Verdict::Undetermined(Report {
            kind: SharedKind::Unknown.into(),
            message: message(&unknown.why),
            at: at.into(),
            note: sentences([Some(format!("{otherwise}: {}.", report.message)), Some(report.note)]),
            help: report.help,
        }),
        (verdict, _) => verdict,
    }
}

/// Row 3 of OCI-KMS-004, row 2 of OCI-KMS-001: the key is in an external key manager.
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
    Some(not_applicable(SharedKind::External, format!("{why}: {consequence}")))
}

/// A violation is uncertain if the key may be external: `external_key_reference` is set, and its value is unknown.
pub(super) fn unless_external(key: &KeyFacts, verdict: Verdict) -> Verdict {
    let fact = &key.external_key_reference;
    if !unknown_may_hold(fact, |reference| reference.is_some()) {
        return verdict;
    }
    downgraded(
        verdict,
        place::of_unknown(key, fact, "external_key_reference"),
        fact,
        |why| format!("cannot determine whether the key is external: {why}"),
        "If the key is not external",
    )
}

/// The verdict on an omitted argument, whose value an imported key keeps. `what`: "its protection mode".
pub(super) fn imported(key: &KeyFacts, what: &str, note: &str) -> Verdict {
    let message = match key.imported.as_unknown() {
        None => format!("the imported key keeps {what}, which the configuration does not set"),
        Some(unknown) => format!("cannot determine whether the key is imported and keeps {what}: {}", unknown.why),
    };
    Verdict::Undetermined(Report {
        kind: SharedKind::Imported.into(),
        message,
        at: place::of_unknown(key, &key.imported, "import").into(),
        note: sentences([Some(note.to_owned()), represents_many(key)]),
        help: format!("Check the plan, which shows what the imported key has: {CHECK_PLAN}."),
    })
}

/// Whether an `import` block names the key, or may name it.
pub(super) fn may_be_imported(key: &KeyFacts) -> bool {
    key.stage == Stage::Declared && (key.imported.value() == Some(&true) || key.imported.as_unknown().is_some())
}

/// The command that checks a plan.
pub(super) const CHECK_PLAN: &str = "`terraform show -json PLANFILE | kmslint -`";

/// The verdict on a key to which the rule does not apply.
pub(super) fn not_applicable(kind: impl Into<Kind>, message: impl Into<String>) -> Verdict {
    Verdict::NotApplicable { kind: kind.into(), message: message.into() }
}

/// A pass without advice.
pub(super) fn pass(kind: impl Into<Kind>, message: impl Into<String>) -> Verdict {
    Verdict::Pass { kind: kind.into(), message: message.into(), advice: None }
}

/// The mode in backticks; `None` if it must not be shown: it is sensitive, or it comes from a file and is not one of the service's words.
pub(super) fn shown_mode<T>(fact: &Fact<T>, mode: &ProtectionMode) -> Option<String> {
    fact.shows(mode.is_documented()).then(|| format!("`{mode}`"))
}

/// "90 days"; `None` if the number must not be shown.
pub(super) fn shown_days<T>(fact: &Fact<T>, days: i64) -> Option<String> {
    fact.shows(true).then(|| format!("{days} days"))
}

/// The date; `None` if it must not be shown.
pub(super) fn shown_date<T>(fact: &Fact<T>, date: Date) -> Option<String> {
    fact.shows(false).then(|| date.to_string())
}

/// The day in UTC: the service schedules rotations by UTC.
pub(super) fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// A sentence about the keys that a symbolic instance represents.
pub(super) fn represents_many(key: &KeyFacts) -> Option<String> {
    key.symbolic.as_ref().map(|symbolic| format!("This applies to every key that the block may create: {}.", symbolic.why))
}

const FIX_CONFIGURATION: &str = "Fix the configuration: Terraform would reject it, so a plan cannot resolve it either.";

/// How to resolve an undetermined verdict.
pub(super) fn how_to_resolve(key: &KeyFacts) -> String {
    how_to_resolve_cause(key, &Cause::Other)
}

/// How to resolve an undetermined verdict on one attribute.
pub(super) fn how_to_resolve_value<T>(key: &KeyFacts, unknown: &Unknown<T>) -> String {
    match unknown.bounds {
        Bounds::Nothing => FIX_CONFIGURATION.to_owned(),
        Bounds::Default { .. } => how_to_resolve_cause(key, &Cause::Caller),
        Bounds::Anything | Bounds::OneOf(_) => how_to_resolve_cause(key, unknown.why.cause()),
    }
}

/// How to resolve a value that is unknown for this cause. Without a specific cause, that of the symbolic instance decides.
pub(super) fn how_to_resolve_cause(key: &KeyFacts, cause: &Cause) -> String {
    // A state has the schedule that was last applied: the provider never reads it back.
    if key.stage == Stage::Actual {
        return "Check the service itself: `kmslint live`.".to_owned();
    }
    if key.id.input == InputKind::Plan {
        return "Pass the configuration with `--source DIR`, or check the state after the apply.".to_owned();
    }
    let cause = match (&key.symbolic, cause) {
        (Some(symbolic), Cause::Other) => symbolic.why.cause(),
        (_, cause) => cause,
    };
    match cause {
        Cause::Variable(name) => {
            format!("Give `var.{name}` a value with `--var '{name}=…'` or `--var-file`, or check the plan, which has it: {CHECK_PLAN}.")
        }
        Cause::Caller => format!(
            "Check the directories that call this module, so that its keys are checked with what the callers set, or check the plan: \
             {CHECK_PLAN}."
        ),
        Cause::NotInstalled => format!("Run `terraform init`, so that the module can be read, or check the plan: {CHECK_PLAN}."),
        Cause::Outside => {
            format!("Allow the file to be read with `--allow-path DIR`, or check the plan, which has the value: {CHECK_PLAN}.")
        }
        Cause::Rejected => FIX_CONFIGURATION.to_owned(),
        Cause::Other => format!("Check the plan, which may have the value: {CHECK_PLAN}."),
    }
}

/// How to resolve a verdict that depends on the callers of a module.
pub(super) fn check_callers(key: &KeyFacts) -> String {
    how_to_resolve_cause(key, &Cause::Caller)
}

/// Whether the vault is DEFAULT unless the caller of the module sets another type.
pub(super) fn is_vault_default_unless_set(key: &KeyFacts) -> bool {
    matches!(key.vault_type.as_unknown().map(|unknown| &unknown.bounds), Some(Bounds::Default { value: Some(VaultType::Default), .. }))
}

/// Joins sentences to one text; empty ones are dropped.
pub(super) fn sentences<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Joins clauses with commas and a last word: `a`, `a and b`, `a, b and c`.
pub(super) fn listed(parts: &[String], last: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}
