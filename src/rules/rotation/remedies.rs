//! The remedies of OCI-KMS-001.

use super::{INTERVALS, Kind, RULE, max_rotation_days, wording};
use crate::key::{KeyFacts, Stage};
use crate::rules::remedy::{self, ArgumentChange, Remedy, RemedyError, Safety, Setting};
use crate::rules::subject::{self, VaultCase};
use crate::rules::{self, Settings, SharedKind, Verdict};

/// The remedies for a kind of finding on a key; empty if editing arguments cannot resolve it.
pub(super) fn remedies(key: &KeyFacts, kind: rules::Kind, settings: &Settings) -> Result<Vec<Remedy>, RemedyError> {
    remedy::ensure_not_replica(key)?;
    let vault = subject::vault(key);
    let single = |changes: Vec<ArgumentChange>, safety, condition| {
        let expected_verdict = expected_verdict(key, &changes, settings);
        Ok(vec![Remedy { condition, safety, changes, expected_verdict }])
    };
    match kind {
        rules::Kind::Rotation(Kind::NoRotation | Kind::ScheduleNotEnabled) if vault != VaultCase::Default => {
            if vault == VaultCase::Unsure && key.stage == Stage::Actual {
                return Ok(Vec::new());
            }
            let changes = ensure_provider_support(key).and_then(|()| switch_on(key, settings));
            match (vault, changes) {
                (VaultCase::Private, changes) if !key.vault_type.by_default => single(changes?, Safety::Safe, None),
                // The vault's type is a default of this module: if a caller sets DEFAULT, the apply would fail.
                (VaultCase::Private, changes) => {
                    single(changes?, Safety::Unsafe, Some("no caller of this module sets another type of vault"))
                }
                // Outside of a VIRTUAL_PRIVATE vault the service rejects a schedule, so someone who knows the vault has to choose.
                (_, Ok(changes)) => single(changes, Safety::Choice, Some("the vault is VIRTUAL_PRIVATE")),
                (_, Err(_)) => Ok(Vec::new()),
            }
        }
        rules::Kind::Rotation(Kind::AutoRotationUnsupported) => {
            match remedy::site(key, &key.rotation.enabled, "is_auto_rotation_enabled") {
                // A schedule in a `dynamic` block may depend on the switch, so the kind afterwards is not certain.
                Ok(at) => {
                    let without_kind = |remedy: Remedy| Remedy { expected_verdict: (remedy.expected_verdict.0, None), ..remedy };
                    single(
                        vec![ArgumentChange { to: Setting::Switch(false), at }],
                        Safety::Choice,
                        Some("the key stays in its DEFAULT vault"),
                    )
                    .map(|list| list.into_iter().map(without_kind).collect())
                }
                Err(_) => Ok(Vec::new()),
            }
        }
        rules::Kind::Rotation(Kind::IntervalMissing | Kind::IntervalTooLong | Kind::IntervalRejected) => {
            ensure_provider_support(key)?;
            single(vec![interval(key, settings)?], Safety::Safe, None)
        }
        rules::Kind::Rotation(Kind::StartsTooLate) => match remedy::site(key, &key.rotation.start, "time_of_schedule_start") {
            Ok(at) => single(vec![ArgumentChange { to: Setting::NoStart, at }], Safety::Choice, Some("the schedule may start today")),
            Err(_) => Ok(Vec::new()),
        },
        rules::Kind::Shared(SharedKind::ModuleDefault) => Ok(by_default(key, settings).into_iter().collect()),
        _ => Ok(Vec::new()),
    }
}

fn expected_verdict(key: &KeyFacts, changes: &[ArgumentChange], settings: &Settings) -> (&'static str, Option<rules::Kind>) {
    let verdict = remedy::verdict_after(&RULE, key, changes, settings);
    (verdict.word(), Some(verdict.kind()))
}

/// Fails if the provider is too old for the arguments of automatic rotation.
fn ensure_provider_support(key: &KeyFacts) -> Result<(), RemedyError> {
    match &key.old_provider {
        None => Ok(()),
        Some(old) => Err(RemedyError::NoRotation(wording::provider(old))),
    }
}

/// Switches automatic rotation on, and sets an interval unless the current one is accepted.
fn switch_on(key: &KeyFacts, settings: &Settings) -> Result<Vec<ArgumentChange>, RemedyError> {
    let name = "is_auto_rotation_enabled";
    remedy::ensure_not_ignored(key, name)?;
    let at = remedy::site(key, &key.rotation.enabled, name)?;
    let mut changes = vec![ArgumentChange { to: Setting::Switch(true), at }];
    if !key.rotation.interval_days.value().is_some_and(|days| (*INTERVALS.start()..=max_rotation_days(settings)).contains(days)) {
        changes.push(interval(key, settings)?);
    }
    Ok(changes)
}

/// Sets the nearest accepted interval, or the usual one if there is none.
fn interval(key: &KeyFacts, settings: &Settings) -> Result<ArgumentChange, RemedyError> {
    remedy::ensure_not_ignored(key, "auto_key_rotation_details")?;
    let days = match key.rotation.interval_days.value() {
        Some(days) if *days > max_rotation_days(settings) => max_rotation_days(settings),
        Some(days) if *days > 0 && days < INTERVALS.start() => *INTERVALS.start(),
        _ => super::usual_interval(settings),
    };
    Ok(ArgumentChange { to: Setting::Interval(days), at: remedy::interval_site(key)? })
}

/// The change of defaults after which a module's keys are rotated if its caller sets nothing.
pub(super) fn by_default(key: &KeyFacts, settings: &Settings) -> Option<Remedy> {
    let rotates = |changes: &[ArgumentChange]| matches!(remedy::default_verdict_after(&RULE, key, changes, settings), Verdict::Pass { .. });
    if rotates(&[]) || ensure_provider_support(key).is_err() {
        return None;
    }
    let switch = remedy::site(key, &key.rotation.enabled, "is_auto_rotation_enabled")
        .ok()
        .map(|at| ArgumentChange { to: Setting::Switch(true), at });
    let interval = interval(key, settings).ok();
    // Try the fewest changes first: one of the two may be enough.
    let candidates = [vec![switch.clone()], vec![interval.clone()], vec![switch, interval]];
    let mut complete = candidates.into_iter().filter_map(|changes| changes.into_iter().collect::<Option<Vec<ArgumentChange>>>());
    let changes = complete.find(|changes| rotates(changes))?;
    let expected_verdict = expected_verdict(key, &changes, settings);
    Some(Remedy { condition: None, safety: Safety::Choice, changes, expected_verdict })
}
