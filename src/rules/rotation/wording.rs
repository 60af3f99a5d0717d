//! The texts of OCI-KMS-001, separate from its logic.

use super::{Age, INTERVALS, Kind, manual_versions, max_rotation_days};
use crate::base::{Claim, Reason, Step, Unknown};
use crate::key::{IdleSchedule, InputKind, KeyFacts, OldProvider, ProtectionMode, ReplicationRole, Stage};
use crate::rules::place;
use crate::rules::subject::{
    self, Situation, VaultCase, always, day, how_to_resolve_value, represents_many, sentences, shown_date, shown_days,
};
use crate::rules::{self, Advice, EditTarget, Placement, Report, Settings, SharedKind, Verdict};
use jiff::Timestamp;

fn violation(kind: Kind, message: String, at: Placement, note: String, help: String) -> Verdict {
    Verdict::Violation(Report { kind: kind.into(), message, at: at.into(), note, help })
}

/// Replaces the help for a replica: the service rejects every command that would rotate it, and rotates it with its primary key.
pub(super) fn of_replica(key: &KeyFacts, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Violation(report) if key.replication_role == ReplicationRole::Replica => {
            let help = "This key is a replica: rotate the primary key, in the region of its vault, and the replica follows.".to_owned();
            Verdict::Violation(Report { help, ..report })
        }
        other => other,
    }
}

/// Row 3: the last rotation failed.
pub(super) fn failed(key: &KeyFacts) -> Verdict {
    let reported = key.times.last_message.as_deref().map(one_line).filter(|message| !message.is_empty());
    let note = sentences([
        reported.map(|message| format!("The service reports: \"{message}\".")),
        key.times.last_rotation.map(|last| format!("The last rotation was on {}.", day(last))),
        Some("A schedule that fails does not rotate the key.".to_owned()),
    ]);
    let help = "Fix what the service reports (the key must be ENABLED and the vault ACTIVE when a rotation is due), then rotate the key manually: `oci kms management key-version create`.";
    violation(Kind::RotationFailed, "the last automatic rotation of the key failed".to_owned(), at_key(key), note, help.to_owned())
}

/// Row 3: a rotation is overdue.
pub(super) fn overdue(key: &KeyFacts, next: Timestamp, now: Timestamp) -> Verdict {
    let days = now.duration_since(next).as_hours() / 24;
    let days = if days == 1 { "1 day ago".to_owned() } else { format!("{days} days ago") };
    let note = sentences([
        Some("The schedule exists, but the service skips a key that is not ENABLED and a vault that is not ACTIVE.".to_owned()),
        key.times.last_rotation.map(|last| format!("The last rotation was on {}.", day(last))),
    ]);
    let help = "Rotate the key manually now, `oci kms management key-version create`, and check whether the schedule continues.".to_owned();
    violation(
        Kind::RotationOverdue,
        format!("the automatic rotation that was due on {} ({days}) has not taken place", day(next)),
        at_key(key),
        note,
        help,
    )
}

/// Row 4: the version in use is too old.
pub(super) fn too_old(key: &KeyFacts, settings: &Settings, age: Age) -> Verdict {
    let limit = max_rotation_days(settings);
    let described = if age.days == limit { format!("more than {limit} days old") } else { age.described() };
    let schedule = match (&key.rotation.enabled.claim, key.rotation.interval_days.value()) {
        (Claim::Known(true), Some(days)) => shown_days(&key.rotation.interval_days, *days)
            .map_or_else(|| "A schedule exists.".to_owned(), |days| format!("A schedule of {days} exists.")),
        (Claim::Known(true), None) => "A schedule exists.".to_owned(),
        _ => "No schedule exists.".to_owned(),
    };
    let next = key.times.next_rotation.map(|next| format!("The next rotation is due on {}.", day(next)));
    let help = sentences([Some("Rotate it now: `oci kms management key-version create`.".to_owned()), Some(advice(key, settings))]);
    let note = sentences([Some(schedule), next, Some(why(key))]);
    violation(Kind::TooOld, format!("the key's current version is {described}, and the limit is {limit} days"), at_key(key), note, help)
}

/// Row 5: the switch is on in a DEFAULT vault.
pub(super) fn unsupported(key: &KeyFacts, settings: &Settings) -> Verdict {
    let at = at_switch(key).labeled("the service rejects this").with(key.vault_type.trail.first().cloned());
    let note = "During apply the service answers \"400 InvalidParameter: Automatic key rotation is not supported with VIRTUAL vaults\": \
                only VIRTUAL_PRIVATE vaults have it."
        .to_owned();
    let message = "automatic rotation is on, but the vault is DEFAULT, where the service does not support it".to_owned();
    let off = subject::capitalized(&at.set(SWITCH, "false"));
    let help = format!("{off}. {}", advice(key, settings));
    violation(Kind::AutoRotationUnsupported, message, at, sentences([Some(note), represents_many(key)]), help)
}

/// Row 6: the switch is on without an interval.
pub(super) fn interval_missing(key: &KeyFacts, settings: &Settings) -> Verdict {
    let switch = at_switch(key).labeled("switched on here");
    let at = match &key.rotation.block {
        _ if !key.rotation.interval_days.trail.is_empty() => at_interval(key).with([switch.at]),
        Some(block) => {
            let step = Step::new(block.clone(), "`rotation_interval_in_days` is missing here");
            place::of_steps(key, &[step], INTERVAL).with([switch.at])
        }
        None => match place::of_absent(key, &key.rotation.absence_trail, INTERVAL) {
            Some(at) => at.with([switch.at]),
            None => Placement { edit: EditTarget::Own, argument: INTERVAL.into(), ..switch },
        },
    };
    let add = if at.is_own() {
        format!("Add `{}`.", details(settings))
    } else {
        format!("{}.", subject::capitalized(&at.set(INTERVAL, &super::usual_interval(settings).to_string())))
    };
    let note = "A schedule needs an interval: the service requires one.".to_owned();
    let help = sentences([provider_first(key), Some(add)]);
    violation(
        Kind::IntervalMissing,
        "automatic rotation is on without an interval".to_owned(),
        at,
        sentences([Some(note), represents_many(key)]),
        help,
    )
}

/// Row 7: the interval is over the limit.
pub(super) fn interval_too_long(key: &KeyFacts, settings: &Settings, days: i64) -> Verdict {
    let limit = max_rotation_days(settings);
    let message = shown_days(&key.rotation.interval_days, days).map_or_else(
        || format!("the rotation interval is longer than {limit} days"),
        |days| format!("the rotation interval is {days}, and the limit is {limit} days"),
    );
    let rejected = (days > *INTERVALS.end()).then(|| format!("The service also rejects it: {}.", accepted()));
    let note = sentences([rejected, Some(why(key)), represents_many(key)]);
    let at = at_interval(key).labeled("too long");
    let help = sentences([provider_first(key), Some(set_interval(&at, settings))]);
    violation(Kind::IntervalTooLong, message, at, note, help)
}

/// Row 8: the interval is shorter than the service accepts.
pub(super) fn interval_rejected(key: &KeyFacts, settings: &Settings, days: i64) -> Verdict {
    let message = shown_days(&key.rotation.interval_days, days).map_or_else(
        || format!("the service will reject the rotation interval: {}", accepted()),
        |days| format!("the service will reject a rotation interval of {days}: {}", accepted()),
    );
    let note =
        sentences([Some("The provider does not validate this: `plan` succeeds and `apply` fails.".to_owned()), represents_many(key)]);
    let at = at_interval(key).labeled("too short for the service");
    let help = sentences([provider_first(key), Some(set_interval(&at, settings))]);
    violation(Kind::IntervalRejected, message, at, note, help)
}

/// Row 9: the schedule starts too late.
pub(super) fn starts_too_late(key: &KeyFacts, settings: &Settings, days: i64) -> Verdict {
    let start = &key.rotation.start;
    let first = start
        .value()
        .filter(|_| !key.rotation.interval_days.sensitive)
        .and_then(|at| super::first_rotation(*at, days))
        .and_then(|first| shown_date(start, first))
        .map_or_else(String::new, |first| format!(" on {first}"));
    let limit = max_rotation_days(settings);
    let since = match (subject::situation(key), key.times.created) {
        (Situation::Existing, Some(_)) => "after the newest known key version was created",
        _ => "from now",
    };
    let message = format!("the first automatic rotation comes too late{first}: more than {limit} days {since}");
    let note = sentences([
        Some("The service rotates for the first time one interval after `time_of_schedule_start`.".to_owned()),
        Some(why(key)),
        represents_many(key),
    ]);
    let help = "Remove `time_of_schedule_start`, so that the schedule starts today, or set an earlier time.".to_owned();
    violation(Kind::StartsTooLate, message, place::of(key, start, "time_of_schedule_start").labeled("the schedule starts here"), note, help)
}

/// Row 14a: an imported key keeps its schedule.
pub(super) fn imported_switch(key: &KeyFacts) -> Verdict {
    subject::imported(
        key,
        "its rotation schedule",
        "If `is_auto_rotation_enabled` is omitted, Terraform keeps the setting of an existing key.",
    )
}

/// Row 6 for an imported key, which may have an interval.
pub(super) fn imported_interval(key: &KeyFacts) -> Verdict {
    subject::imported(
        key,
        "its rotation interval",
        "If `auto_key_rotation_details` is omitted, Terraform keeps the interval of an existing key.",
    )
}

/// Row 15: a schedule that is not enabled.
pub(super) fn not_enabled(key: &KeyFacts, settings: &Settings) -> Verdict {
    let interval = at_interval(key).labeled("this schedule is not enabled");
    let at = if key.rotation.enabled.trail.is_empty() {
        Placement { edit: EditTarget::Own, argument: SWITCH.into(), ..interval }
    } else {
        at_switch(key).labeled("switched off here").with([interval.at])
    };
    let help = match subject::vault(key) {
        VaultCase::Private if key.stage == Stage::Declared => {
            let on = subject::capitalized(&at.set(SWITCH, "true"));
            let switch = format!("{on}: the interval alone has no effect.");
            sentences([provider_first(key), Some(switch)])
        }
        _ => advice(key, settings),
    };
    let note = sentences([
        Some("Without `is_auto_rotation_enabled` the service keeps the interval and does not rotate the key.".to_owned()),
        represents_many(key),
    ]);
    violation(
        Kind::ScheduleNotEnabled,
        "a rotation schedule is configured, but it is not enabled".to_owned(),
        at,
        note,
        sentences([Some(help), other_obstacles(key)]),
    )
}

/// Rows 16 and 17: nothing rotates the key.
pub(super) fn no_rotation(key: &KeyFacts, settings: &Settings) -> Verdict {
    let limit = max_rotation_days(settings);
    let verb = match subject::situation(key) {
        Situation::Existing => "rotates the key",
        Situation::New | Situation::Unsure => "will rotate the key",
        Situation::Replaced => "will rotate the key that replaces this one",
    };
    let counted = match manual_versions(key) {
        0 => String::new(),
        1 => "; its `oci_kms_key_version` is one rotation, not a schedule".to_owned(),
        count => format!("; its {} are one rotation each, not a schedule", resources(count)),
    };
    let slow = key.schedules.first().and_then(|schedule| {
        let days = schedule.period_days?;
        Some(format!("`{}` creates a new version only every {days:.0} days.", schedule.driver))
    });
    let lost = (subject::situation(key) == Situation::Replaced)
        .then(|| "A schedule that only the old key has is not carried over to the new one.".to_owned());
    // Key managers of other vendors may rotate the key on their own schedule.
    let unseen = (key.stage == Stage::Declared && subject::vault(key) == VaultCase::Default && subject::situation(key) != Situation::New)
        .then(|| "A rotation from outside of Terraform cannot be seen here; `kmslint live` sees it.".to_owned());
    let idle = key.idle_schedule.as_ref();
    let never = idle.map(|idle| {
        format!(
            "`{}` in `replace_triggered_by` never triggers: when it expires, Terraform plans to create it, and only an update or a \
             replacement triggers.",
            idle.driver
        )
    });
    let help = match idle {
        Some(idle) => {
            let otherwise = (subject::vault(key) != VaultCase::Default)
                .then(|| format!("Or let the service rotate the key. {}", advice(key, settings)));
            sentences([Some(through_terraform_data(idle, limit)), otherwise, other_obstacles(key)])
        }
        None => sentences([Some(advice(key, settings)), other_obstacles(key)]),
    };
    let note = sentences([slow, never, lost, Some(why(key)), unseen, represents_many(key)]);
    let at = at_switch(key);
    let at = if key.rotation.enabled.trail.is_empty() { at } else { at.labeled("switched off here") };
    let at = at.with(idle.map(|idle| idle.at.clone()));
    violation(Kind::NoRotation, format!("nothing {verb} within {limit} days{counted}"), at, note, help)
}

/// How to make a `time_rotating` trigger a rotation.
fn through_terraform_data(idle: &IdleSchedule, limit: i64) -> String {
    let period = if super::is_within(idle.period_days, idle.period_months, limit) {
        String::new()
    } else {
        format!(" Its period must be at most {limit} days.")
    };
    format!(
        "Pass the time on through a `terraform_data`: `resource \"terraform_data\" \"rotation\" {{ triggers_replace = {} }}`, and \
         `replace_triggered_by = [terraform_data.rotation]`.{period} Each rotation then destroys the previous version.",
        idle.trigger
    )
}

/// Row 12: it is unknown whether Terraform itself rotates the key.
pub(super) fn code_unknown(key: &KeyFacts, why: &Reason) -> Verdict {
    let help = match key.id.input {
        _ if key.is_schedule_rejected => "Fix the configuration: Terraform would reject it, so a plan cannot resolve it either.".to_owned(),
        InputKind::Plan => "Pass the configuration with the plan: `--source DIR`.".to_owned(),
        _ => subject::how_to_resolve_cause(key, why.cause()),
    };
    Verdict::Undetermined(Report {
        kind: SharedKind::Unknown.into(),
        message: format!("cannot determine whether Terraform itself rotates the key: {why}"),
        at: at_key(key).into(),
        note: "An `oci_kms_key_version` that Terraform re-creates in time counts as rotation.".to_owned(),
        help,
    })
}

/// Row 11: the switch is on, and the interval is unknown without bounds.
pub(super) fn interval_unknown(key: &KeyFacts, unknown: &Unknown<i64>) -> Verdict {
    Verdict::Undetermined(Report {
        kind: SharedKind::Unknown.into(),
        message: format!("automatic rotation is on, but its interval is unknown: {}", unknown.why),
        at: at_unknown_interval(key).into(),
        note: format!("The service requires an interval, from 60 to 365 days. {}", represents_many(key).unwrap_or_default())
            .trim_end()
            .to_owned(),
        help: how_to_resolve_value(key, unknown),
    })
}

/// Row 18: the switch is unknown without bounds.
pub(super) fn switch_unknown(key: &KeyFacts, unknown: &Unknown<bool>) -> Verdict {
    let default = (subject::vault(key) == VaultCase::Default)
        .then(|| "The vault is DEFAULT, where the service does not support automatic rotation: the service would reject it.".to_owned());
    Verdict::Undetermined(Report {
        kind: SharedKind::Unknown.into(),
        message: format!("cannot determine whether the key is rotated: {}", unknown.why),
        at: at_unknown_switch(key).into(),
        note: sentences([default, Some("Unset, `is_auto_rotation_enabled` is false.".to_owned()), represents_many(key)]),
        help: how_to_resolve_value(key, unknown),
    })
}

/// The verdict on a value that is one of several: certain if all verdicts agree.
pub(super) fn by_cases(key: &KeyFacts, at: Placement, why: &Reason, verdicts: &[(&str, Verdict)]) -> Verdict {
    let described = verdicts.iter().map(|(when, verdict)| format!("When {when}: {}.", verdict.message())).collect::<Vec<_>>().join(" ");
    let first = verdicts.first().map(|(_, verdict)| verdict);
    match first {
        Some(Verdict::Violation(report)) if verdicts.iter().all(|(_, verdict)| matches!(verdict, Verdict::Violation(_))) => {
            Verdict::Violation(Report { note: format!("{described} {}", report.note), ..report.clone() })
        }
        Some(pass @ Verdict::Pass { .. }) if verdicts.iter().all(|(_, verdict)| matches!(verdict, Verdict::Pass { .. })) => pass.clone(),
        _ => Verdict::Undetermined(Report {
            kind: SharedKind::Depends.into(),
            message: format!("cannot determine whether the key is rotated in time: it depends on a value that is unknown here: {why}"),
            at: at.into(),
            note: described,
            help: subject::how_to_resolve_cause(key, why.cause()),
        }),
    }
}

/// The verdict on a default that the module's caller may override: a statement about the module, not about a key.
pub(super) fn by_default(key: &KeyFacts, settings: &Settings, at: Placement, input: &str, at_default: &Verdict) -> Verdict {
    let message = match at_default {
        Verdict::Pass { .. } => format!("keys of this module are rotated in time unless the caller sets `{input}`"),
        Verdict::Violation(report) if [Kind::NoRotation, Kind::ScheduleNotEnabled].map(rules::Kind::from).contains(&report.kind) => {
            format!("keys of this module are not rotated unless the caller sets `{input}`")
        }
        other => format!("unless the caller sets `{input}`: {}", other.message()),
    };
    let help = match super::remedies::by_default(key, settings) {
        Some(remedy) if !matches!(at_default, Verdict::Pass { .. }) => {
            format!(
                "{}, so that no rotation is a decision and not an accident, or check the callers of this module.",
                remedy.instruction(input)
            )
        }
        _ => subject::check_callers(key),
    };
    let note = match at_default {
        Verdict::Violation(report) => report.note.clone(),
        _ => represents_many(key).unwrap_or_default(),
    };
    Verdict::Undetermined(Report { kind: SharedKind::ModuleDefault.into(), message, at: at.into(), note, help })
}

/// Row 13: the limit is near.
pub(super) fn due_soon(key: &KeyFacts, left: i64, settings: &Settings) -> Advice {
    let left = match left {
        0 => "today".to_owned(),
        1 => "within 1 day".to_owned(),
        days => format!("within {days} days"),
    };
    let how = match subject::vault(key) {
        VaultCase::Default => "no schedule can do it in a DEFAULT vault",
        VaultCase::Private | VaultCase::Unsure => "no schedule will do it",
    };
    let message = format!("the key must be rotated {left} to stay within {} days, but {how}", max_rotation_days(settings));
    Advice { kind: Kind::DueSoon.into(), message, at: Vec::new() }
}

/// "2 `oci_kms_key_version` resources"
pub(super) fn resources(count: usize) -> String {
    if count == 1 { "1 `oci_kms_key_version` resource".to_owned() } else { format!("{count} `oci_kms_key_version` resources") }
}

/// What to do, depending on the vault and on whether the key exists.
fn advice(key: &KeyFacts, settings: &Settings) -> String {
    let limit = max_rotation_days(settings);
    let switch = switch_on(key, settings);
    let versions = format!(
        "rotate by `oci_kms_key_version` at least every {limit} days (`kmslint explain OCI-KMS-001` shows how, with the old versions kept)"
    );
    let exists = subject::situation(key) != Situation::New;
    match (key.stage, subject::vault(key)) {
        (Stage::Actual, VaultCase::Default) => format!(
            "DEFAULT vaults have no automatic rotation: make a new version at least every {limit} days, by `oci_kms_key_version` or \
             `oci kms management key-version create`, or use a key in a VIRTUAL_PRIVATE vault."
        ),
        (Stage::Actual, VaultCase::Private) => {
            format!("Switch automatic rotation on, with an interval of 60 to {limit} days: {switch}. The key stays the same.")
        }
        (Stage::Actual, VaultCase::Unsure) => format!(
            "In a VIRTUAL_PRIVATE vault, {switch}; the key stays the same. In a DEFAULT vault, which has no automatic rotation, make a new version at least every {limit} days."
        ),
        (Stage::Declared, VaultCase::Default) => format!(
            "DEFAULT vaults have no automatic rotation: {versions}, or use a VIRTUAL_PRIVATE vault{}.",
            if exists { " (a key cannot be moved; create a new one there)" } else { "" }
        ),
        (Stage::Declared, VaultCase::Private) => {
            let stays = if exists { " An existing key is updated in place." } else { "" };
            sentences([provider_first(key), Some(format!("{}.{stays}", subject::capitalized(&switch)))])
        }
        (Stage::Declared, VaultCase::Unsure) if subject::is_vault_default_unless_set(key) => format!(
            "The vault is DEFAULT unless the caller of the module sets another type, and DEFAULT vaults have no automatic rotation: {versions}."
        ),
        (Stage::Declared, VaultCase::Unsure) => sentences([
            provider_first(key),
            Some(format!("In a VIRTUAL_PRIVATE vault, {switch}. In a DEFAULT vault, which has no automatic rotation, {versions}.")),
        ]),
    }
}

/// Other obstacles to rotating this key.
fn other_obstacles(key: &KeyFacts) -> Option<String> {
    let authority = (!key.authorities.is_empty())
        .then(|| "A certificate authority uses the key: rotating the key does not renew the authority's certificate.".to_owned());
    let names = ["is_auto_rotation_enabled", "auto_key_rotation_details", "*", "all"];
    let ignored = key.declared.ignore_changes.iter().find(|name| names.contains(&name.as_str()));
    let ignored = ignored.filter(|_| subject::situation(key) != Situation::New).map(|name| {
        let name = if name == "*" { "all" } else { name };
        format!("`lifecycle.ignore_changes` lists `{name}`: remove it, or Terraform will not change an existing key.")
    });
    let text = sentences([authority, ignored]);
    (!text.is_empty()).then_some(text)
}

/// Why rotation matters for this key.
fn why(key: &KeyFacts) -> String {
    let risk = "The longer a key version is in use, the more data depends on it; CIS OCI Foundations Benchmark v2.0/v3.x 4.16 \
                requires a rotation at least once a year.";
    let by_default = subject::situation(key) != Situation::Existing;
    let is_hsm =
        !key.protection_mode.sensitive && always(&key.protection_mode, |mode| mode.map_or(by_default, |mode| *mode == ProtectionMode::Hsm));
    let cost = (is_hsm && subject::vault(key) != VaultCase::Private)
        .then(|| "Each rotation of an HSM key adds a version that is billed per key version beyond the free allowance.".to_owned());
    let usage = key.vault_usage.filter(|_| is_hsm).map(|usage| format!("HSM key versions in the vault now: {}.", usage.hsm_versions));
    sentences([Some(risk.to_owned()), cost, usage])
}

/// The old provider version and what pins it, as a clause.
pub(super) fn provider(old: &OldProvider) -> String {
    let by = if old.is_locked { "the lock file" } else { "`required_providers`" };
    format!("oracle/oci {}, to which {by} keeps the provider,", old.version)
}

/// What to do before the provider supports a schedule.
fn provider_first(key: &KeyFacts) -> Option<String> {
    let old = key.old_provider.as_ref()?;
    let how = if old.is_locked {
        format!("the lock file pins {}: run `terraform init -upgrade` first", old.version)
    } else {
        format!("`required_providers` allows only `{}`: raise it and run `terraform init -upgrade` first", old.version)
    };
    Some(format!("`is_auto_rotation_enabled` needs oracle/oci 5.31.0 or later, and {how}."))
}

/// The block to write.
fn details(settings: &Settings) -> String {
    format!("auto_key_rotation_details {{ rotation_interval_in_days = {} }}", super::usual_interval(settings))
}

fn accepted() -> String {
    format!("it accepts {} to {} days", INTERVALS.start(), INTERVALS.end())
}

/// The arguments that findings name.
const SWITCH: &str = "is_auto_rotation_enabled";
const INTERVAL: &str = "rotation_interval_in_days";

/// Where to edit the switch.
fn at_switch(key: &KeyFacts) -> Placement {
    place::of(key, &key.rotation.enabled, SWITCH)
}

/// What makes the switch unknown.
pub(super) fn at_unknown_switch(key: &KeyFacts) -> Placement {
    place::of_unknown(key, &key.rotation.enabled, SWITCH)
}

/// What makes the interval unknown.
pub(super) fn at_unknown_interval(key: &KeyFacts) -> Placement {
    place::of_unknown(key, &key.rotation.interval_days, INTERVAL)
}

/// Where to edit the interval.
fn at_interval(key: &KeyFacts) -> Placement {
    place::of(key, &key.rotation.interval_days, INTERVAL)
}

/// The key itself.
fn at_key(key: &KeyFacts) -> Placement {
    place::of_key(key, "oci_kms_key_version")
}

/// How to change an interval that the rule or the service rejects.
fn set_interval(at: &Placement, settings: &Settings) -> String {
    let (least, most) = (INTERVALS.start(), max_rotation_days(settings));
    if at.is_own() {
        return format!("Set `rotation_interval_in_days` to a value from {least} to {most}.");
    }
    let set = subject::capitalized(&at.set(INTERVAL, &super::usual_interval(settings).to_string()));
    format!("{set}; any value from {least} to {most} is accepted.")
}

/// The switch and an interval, as a clause.
fn switch_on(key: &KeyFacts, settings: &Settings) -> String {
    let limit = max_rotation_days(settings);
    let is_scheduled = key.rotation.interval_days.value().is_some_and(|days| (*INTERVALS.start()..=limit).contains(days));
    let (switch, interval) = (at_switch(key), at_interval(key));
    let on = switch.set(SWITCH, "true");
    if is_scheduled {
        on
    } else if interval.edit == switch.edit && interval.at.place == switch.at.place {
        format!("{on} and `{}`", details(settings))
    } else if interval.is_own() {
        format!("{on} and `{}` in the resource", details(settings))
    } else {
        format!("{on}, and {}", interval.set(INTERVAL, &super::usual_interval(settings).to_string()))
    }
}

/// A message of the service on one line, truncated to 300 characters.
fn one_line(text: &str) -> String {
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(300).collect::<String>().trim_end_matches('.').to_owned()
}
