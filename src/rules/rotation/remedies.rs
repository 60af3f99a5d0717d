//! What to write so that a key is rotated, as data.

use super::{INTERVALS, Kind, RULE, max_rotation_days, wording};
use crate::key::{KeyFacts, Stage};
use crate::rules::remedy::{self, ArgumentChange, Remedy, RemedyError, Safety, Setting};
use crate::rules::subject::{self, VaultCase};
use crate::rules::{self, Settings, SharedKind, Verdict};

/// The remedies for a kind of finding on a key; none where no edit of an argument can settle it.
pub(super) fn remedies(key: &KeyFacts, kind: rules::Kind, settings: &Settings) -> Result<Vec<Remedy>, RemedyError> {
    remedy::not_replica(key)?;
    let vault = subject::vault(key);
    let one = |changes: Vec<ArgumentChange>, safety, condition| {
        let leads_to = leads_to(key, &changes, settings);
        Ok(vec![Remedy { condition, safety, changes, leads_to }])
    };
    match kind {
        rules::Kind::Rotation(Kind::NoRotation | Kind::ScheduleNotEnabled) if vault != VaultCase::Default => {
            if vault == VaultCase::Unsure && key.stage == Stage::Actual {
                return Ok(Vec::new());
            }
            let changes = has_arguments(key).and_then(|()| on(key, settings));
            match (vault, changes) {
                (VaultCase::Private, changes) if !key.vault_type.by_default => one(changes?, Safety::Safe, None),
                // The type of the vault is a default of this module: a caller with a DEFAULT vault would get a plan that fails to apply.
                (VaultCase::Private, changes) => one(changes?, Safety::Unsafe, Some("no caller of this module sets another type of vault")),
                // Outside of a VIRTUAL_PRIVATE vault the service refuses a schedule: whoever knows the vault has to choose.
                (_, Ok(changes)) => one(changes, Safety::Choice, Some("the vault is VIRTUAL_PRIVATE")),
                (_, Err(_)) => Ok(Vec::new()),
            }
        }
        rules::Kind::Rotation(Kind::AutoRotationUnsupported) => {
            match remedy::site(key, &key.rotation.enabled, "is_auto_rotation_enabled") {
                // A schedule in a `dynamic` block may go with the switch, or stay.
                Ok(at) => {
                    one(vec![ArgumentChange { to: Setting::Switch(false), at }], Safety::Choice, Some("the key stays in its DEFAULT vault"))
                        .map(|list| list.into_iter().map(|one| Remedy { leads_to: (one.leads_to.0, None), ..one }).collect())
                }
                Err(_) => Ok(Vec::new()),
            }
        }
        rules::Kind::Rotation(Kind::IntervalMissing | Kind::IntervalTooLong | Kind::IntervalRejected) => {
            has_arguments(key)?;
            one(vec![interval(key, settings)?], Safety::Safe, None)
        }
        rules::Kind::Rotation(Kind::StartsTooLate) => match remedy::site(key, &key.rotation.start, "time_of_schedule_start") {
            Ok(at) => one(vec![ArgumentChange { to: Setting::NoStart, at }], Safety::Choice, Some("the schedule may start today")),
            Err(_) => Ok(Vec::new()),
        },
        rules::Kind::Shared(SharedKind::ModuleDefault) => Ok(by_default(key, settings).into_iter().collect()),
        _ => Ok(Vec::new()),
    }
}

fn leads_to(key: &KeyFacts, changes: &[ArgumentChange], settings: &Settings) -> (&'static str, Option<rules::Kind>) {
    let verdict = remedy::after(&RULE, key, changes, settings);
    (verdict.word(), Some(verdict.kind()))
}

/// A provider from before automatic rotation refuses its arguments.
fn has_arguments(key: &KeyFacts) -> Result<(), RemedyError> {
    match &key.old_provider {
        None => Ok(()),
        Some(old) => Err(RemedyError::NoRotation(wording::provider(old))),
    }
}

/// The switch, and an interval where the present one would not do.
fn on(key: &KeyFacts, settings: &Settings) -> Result<Vec<ArgumentChange>, RemedyError> {
    let name = "is_auto_rotation_enabled";
    remedy::not_ignored(key, name)?;
    let at = remedy::site(key, &key.rotation.enabled, name)?;
    let mut changes = vec![ArgumentChange { to: Setting::Switch(true), at }];
    if !key.rotation.interval_days.value().is_some_and(|days| (*INTERVALS.start()..=max_rotation_days(settings)).contains(days)) {
        changes.push(interval(key, settings)?);
    }
    Ok(changes)
}

/// The nearest interval that is accepted; where none is written, the usual one.
fn interval(key: &KeyFacts, settings: &Settings) -> Result<ArgumentChange, RemedyError> {
    remedy::not_ignored(key, "auto_key_rotation_details")?;
    let days = match key.rotation.interval_days.value() {
        Some(days) if *days > max_rotation_days(settings) => max_rotation_days(settings),
        Some(days) if *days > 0 && days < INTERVALS.start() => *INTERVALS.start(),
        _ => super::usual_interval(settings),
    };
    Ok(ArgumentChange { to: Setting::Interval(days), at: remedy::interval_site(key)? })
}

/// Defaults by which a key of a module is rotated where its caller sets nothing.
pub(super) fn by_default(key: &KeyFacts, settings: &Settings) -> Option<Remedy> {
    let rotates = |changes: &[ArgumentChange]| matches!(remedy::after_by_default(&RULE, key, changes, settings), Verdict::Pass { .. });
    if rotates(&[]) || has_arguments(key).is_err() {
        return None;
    }
    let switch = remedy::site(key, &key.rotation.enabled, "is_auto_rotation_enabled")
        .ok()
        .map(|at| ArgumentChange { to: Setting::Switch(true), at });
    let interval = interval(key, settings).ok();
    // The fewest changes first: a module may lack only one of the two.
    let candidates = [vec![switch.clone()], vec![interval.clone()], vec![switch, interval]];
    let mut whole = candidates.into_iter().filter_map(|changes| changes.into_iter().collect::<Option<Vec<ArgumentChange>>>());
    let changes = whole.find(|changes| rotates(changes))?;
    let leads_to = leads_to(key, &changes, settings);
    Some(Remedy { condition: None, safety: Safety::Choice, changes, leads_to })
}
