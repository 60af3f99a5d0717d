//! OCI-KMS-001 · key-rotation: keys must be rotated within a year.

mod remedies;
mod wording;

use super::kind::kinds;
use super::subject::{self, VaultCase, always, day, pass, shown_days};
use super::{Advice, DaysSetting, Rule, RuleReference, SettingRow, Settings, SwitchSetting, TREND, Verdict};
use crate::base::{Bounds, Claim, Fact, Unknown};
use crate::key::{KeyFacts, RotationStatus, Schedule, ScheduleForm, Stage};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};

const ID: &str = "OCI-KMS-001";

static MAX_ROTATION_DAYS: DaysSetting = DaysSetting {
    rule: ID,
    name: "max-rotation-days",
    default: 365,
    range: INTERVALS,
    doc: "the limit: how many days a key version may be in use",
};

static DUE_SOON_DAYS: DaysSetting = DaysSetting {
    rule: ID,
    name: "due-soon-days",
    default: 30,
    range: 0..=*INTERVALS.end(),
    doc: "how many days before the limit a key is reported as due soon",
};

static ACCEPT_MANUAL_VERSIONS: SwitchSetting = SwitchSetting {
    rule: ID,
    name: "accept-manual-versions",
    doc: "whether a written `oci_kms_key_version` passes",
    when_on: "accepts manual versions",
};

/// The rule. Id and risk are Trend Micro's; CIS OCI Foundations Benchmark 4.16 (2.0 and later) has the same requirement.
pub(super) const RULE: Rule = Rule {
    id: ID,
    name: "key-rotation",
    pascal_name: "KeyRotation",
    title: "Key is not rotated within a year",
    document: include_str!("rotation.md"),
    risk: "Medium",
    security_severity: Some("5.5"),
    references: &[
        RuleReference {
            publication: TREND,
            version: None,
            id: ID,
            title: "Rotate KMS Customer-Managed Keys (CMKs)",
            url: "https://www.trendmicro.com/trendaivisiononecloudriskmanagement/knowledge-base/oci/OCI-KMS/rotate-customer-managed-keys.html",
        },
        RuleReference {
            publication: "CIS OCI Foundations Benchmark",
            version: Some("3.1.0"),
            id: "4.16",
            title: "Ensure customer created Customer Managed Key (CMK) is rotated at least annually",
            url: "https://www.cisecurity.org/benchmark/oracle_cloud",
        },
    ],
    tags: &["oci", "kms", "security"],
    settings: &[SettingRow::Days(&MAX_ROTATION_DAYS), SettingRow::Days(&DUE_SOON_DAYS), SettingRow::Switch(&ACCEPT_MANUAL_VERSIONS)],
    kinds: Kind::WORDS,
    check,
    remedies: remedies::remedies,
};

kinds! {
    /// Kinds of this rule only.
    Kind {
        /// The last automatic rotation failed.
        RotationFailed = "rotation-failed",
        /// A rotation was due more than a day ago.
        RotationOverdue = "rotation-overdue",
        /// The version in use is older than the limit.
        TooOld = "too-old",
        /// Automatic rotation is on in a DEFAULT vault, where the service rejects it.
        AutoRotationUnsupported = "auto-rotation-unsupported",
        /// Automatic rotation is on without an interval.
        IntervalMissing = "interval-missing",
        /// The interval is over the limit.
        IntervalTooLong = "interval-too-long",
        /// The interval is shorter than the service accepts.
        IntervalRejected = "interval-rejected",
        /// The first rotation comes too late.
        StartsTooLate = "starts-too-late",
        /// A schedule is configured, but the switch is off.
        ScheduleNotEnabled = "schedule-not-enabled",
        /// Nothing rotates the key.
        NoRotation = "no-rotation",
        /// Automatic rotation is on, within the limit.
        Scheduled = "scheduled",
        /// Terraform itself creates the next version in time.
        RotatedByCode = "rotated-by-code",
        /// The version in use is within the limit.
        Young = "young",
        /// The configuration has key versions, and the settings accept them.
        ManualVersions = "manual-versions",
        /// Advice: the limit is near, and no schedule will rotate the key.
        DueSoon = "due-soon",
        /// Advice: each rotation destroys the previous version.
        ReplacingVersions = "replacing-versions",
    }
}

/// The shortest and longest interval that the service accepts, in days. Source: AutoKeyRotationDetails of the KMS management API.
const INTERVALS: std::ops::RangeInclusive<i64> = 60..=365;

/// The limit, in days: a key version may be in use for that long.
#[must_use]
pub(crate) fn max_rotation_days(settings: &Settings) -> i64 {
    settings.days(&MAX_ROTATION_DAYS)
}

/// How many days a key version is neither too old nor due soon.
#[must_use]
pub fn fresh_days(settings: &Settings) -> i64 {
    max_rotation_days(settings) - settings.days(&DUE_SOON_DAYS)
}

/// The interval that advice and fixes use if none is set, in days.
fn usual_interval(settings: &Settings) -> i64 {
    // The console proposes 90 days.
    max_rotation_days(settings).min(90)
}

/// Checks one key. The rows in comments are those of the rule's document, in the same order.
fn check(key: &KeyFacts, settings: &Settings) -> Verdict {
    if let Some(verdict) = subject::ending_or_disabled(key).or_else(|| subject::external(key, "it is rotated in the external key manager"))
    {
        return verdict;
    }
    let auto = &key.rotation.enabled;
    // What the service did takes precedence over the configuration: a failing schedule does not rotate the key.
    let verdict = failed_or_overdue(key, settings).unwrap_or_else(|| match &auto.claim {
        Claim::Known(true) => scheduled(key, settings, &key.rotation.interval_days.claim),
        Claim::Known(false) | Claim::Unset => rotated_without_schedule(key, settings)
            .unwrap_or_else(|| unrotated(key, settings, !auto.is_unset(), &key.rotation.interval_days.claim)),
        Claim::Unknown(unknown) => rotated_without_schedule(key, settings).unwrap_or_else(|| by_bounds_of_switch(key, settings, unknown)),
    });
    let verdict = subject::unless_disabled(key, subject::unless_external(key, verdict));
    subject::with_cautions(key, wording::of_replica(key, verdict), false)
}

/// Rows 3 and 4: the service reports that a rotation failed, is overdue or never happened.
fn failed_or_overdue(key: &KeyFacts, settings: &Settings) -> Option<Verdict> {
    if key.stage != Stage::Actual {
        return None;
    }
    if key.times.last_status == Some(RotationStatus::Failed) {
        return Some(wording::failed(key));
    }
    if let Some(next) = key.times.next_rotation
        // The service schedules by day: on the day itself a rotation is not late.
        && settings.now.duration_since(next) > SignedDuration::from_hours(24)
    {
        return Some(wording::overdue(key, next, settings.now));
    }
    let age = Age::of(key.current_version_time()?, settings);
    age.is_over(max_rotation_days(settings)).then(|| wording::too_old(key, settings, age))
}

/// Rows 5 to 11: the switch is on.
fn scheduled(key: &KeyFacts, settings: &Settings, days: &Claim<i64>) -> Verdict {
    // A DEFAULT vault rejects the switch itself, so the interval does not matter.
    if subject::vault(key) == VaultCase::Default {
        return wording::unsupported(key, settings);
    }
    match days {
        Claim::Unset => no_interval(key, settings),
        Claim::Known(days) => with_interval(key, settings, *days),
        Claim::Unknown(unknown) => by_bounds_of_interval(key, settings, unknown),
    }
}

/// Row 6: the switch is on without an interval. An imported key may have one.
fn no_interval(key: &KeyFacts, settings: &Settings) -> Verdict {
    if subject::may_be_imported(key) { wording::imported_interval(key) } else { wording::interval_missing(key, settings) }
}

/// Rows 7 to 10: the switch is on and the interval is known.
fn with_interval(key: &KeyFacts, settings: &Settings, days: i64) -> Verdict {
    if days > max_rotation_days(settings) {
        return wording::interval_too_long(key, settings, days);
    }
    if days < *INTERVALS.start() {
        return wording::interval_rejected(key, settings, days);
    }
    let deadline = deadline(key, settings);
    if always(&key.rotation.start, |start| {
        start.is_some_and(|start| first_rotation(*start, days).is_none_or(|first| Some(first) > deadline))
    }) {
        return wording::starts_too_late(key, settings, days);
    }
    let every = shown_days(&key.rotation.interval_days, days).map_or_else(String::new, |days| format!(" every {days}"));
    // This passes even if the vault is unknown: in a DEFAULT vault the apply fails, so the missing rotation is noticed.
    pass(Kind::Scheduled, format!("the key is rotated automatically{every}"))
}

/// The first rotation is one interval after the start. The service drops the time of day of the start.
fn first_rotation(start: Timestamp, days: i64) -> Option<Date> {
    day(start).checked_add(days.days()).ok()
}

/// The last day on which the first rotation is in time: the newest known version plus the limit. Today plus the limit if no version is
/// known, or if that day is past: starting a schedule now is the right fix for an old key and must not be a violation.
fn deadline(key: &KeyFacts, settings: &Settings) -> Option<Date> {
    let after = |time| day(time).checked_add(max_rotation_days(settings).days()).ok();
    let newest = key.times.created.max(key.times.current_version);
    newest.and_then(after).filter(|deadline| *deadline >= day(settings.now)).or_else(|| after(settings.now))
}

/// Rows 12 to 14, and manual versions if the settings accept them: the key is rotated although the switch is not known to be on.
fn rotated_without_schedule(key: &KeyFacts, settings: &Settings) -> Option<Verdict> {
    if let Some(verdict) = by_code(key, settings) {
        return Some(verdict);
    }
    if key.stage == Stage::Actual
        && let Some(verdict) = young(key, settings)
    {
        return Some(verdict);
    }
    match manual_versions(key) {
        count if count > 0 && settings.is_on(&ACCEPT_MANUAL_VERSIONS) => Some(pass(
            Kind::ManualVersions,
            format!("the key is rotated manually ({}), which the settings accept", wording::resources(count)),
        )),
        _ => key.schedules_unsure.as_ref().map(|why| wording::code_unknown(key, why)),
    }
}

/// Row 12: Terraform itself creates the next version in time.
fn by_code(key: &KeyFacts, settings: &Settings) -> Option<Verdict> {
    let mut in_time = key.schedules.iter().filter(|schedule| is_in_time(schedule, max_rotation_days(settings)));
    let first = in_time.next();
    // Prefer a schedule that keeps the old versions: it does not need a warning.
    let schedule = in_time.chain(first).find(|schedule| schedule.form == ScheduleForm::Accumulating).or(first)?;
    let advice = (schedule.form == ScheduleForm::Replacing).then(|| Advice {
        kind: Kind::ReplacingVersions.into(),
        message: "each rotation destroys the previous `oci_kms_key_version` and so schedules the old key version for deletion: \
                  data that is still encrypted with it will be lost"
            .to_owned(),
        at: schedule.trail.clone(),
    });
    let message = format!("Terraform creates the next key version in time, triggered by `{}`", schedule.driver);
    Some(Verdict::Pass { kind: Kind::RotatedByCode.into(), message, advice })
}

/// Whether Terraform creates a version at least once within the limit, in days.
fn is_in_time(schedule: &Schedule, limit: i64) -> bool {
    is_within(schedule.period_days, schedule.period_months, limit)
}

/// Whether a period is within the limit, in days. Without a period, every run creates a version.
fn is_within(days: Option<f64>, months: Option<i64>, limit: i64) -> bool {
    let Some(days) = days else { return true };
    #[expect(clippy::cast_precision_loss, reason = "the limit is at most 365")]
    let within = days <= limit as f64;
    // With 31 days per month, twelve months would exceed the default limit, which means one year.
    within || (limit == 365 && months.is_some_and(|months| months <= 12))
}

/// Rows 13 and 14: the version in use, or the newest known version, is within the limit.
fn young(key: &KeyFacts, settings: &Settings) -> Option<Verdict> {
    let (created, what) = match key.current_version_time() {
        // Row 13 is about keys without a schedule; row 18 handles an unknown switch.
        Some(_) if key.rotation.enabled.as_unknown().is_some() => return None,
        Some(created) => (created, "the key's current version"),
        None => {
            let versions = key.versions.iter().filter_map(|version| version.time_created).max();
            let newest = key.times.created.max(versions)?;
            (newest, if key.times.created == Some(newest) { "the key" } else { "the key's newest version" })
        }
    };
    let age = Age::of(created, settings);
    if age.is_over(max_rotation_days(settings)) {
        return None;
    }
    let left = max_rotation_days(settings) - age.days;
    let advice = (left <= settings.days(&DUE_SOON_DAYS)).then(|| wording::due_soon(key, left, settings));
    Some(Verdict::Pass { kind: Kind::Young.into(), message: format!("{what} is {}", age.described()), advice })
}

/// Rows 14a to 17: nothing rotates the key. `is_off`: the switch is set to off.
fn unrotated(key: &KeyFacts, settings: &Settings, is_off: bool, days: &Claim<i64>) -> Verdict {
    if !is_off && subject::may_be_imported(key) {
        return wording::imported_switch(key);
    }
    // Terraform plans an interval of 0 and the provider sends it, but it is not a schedule.
    if matches!(days, Claim::Known(days) if *days != 0) { wording::not_enabled(key, settings) } else { wording::no_rotation(key, settings) }
}

/// Row 18: the switch is unknown, perhaps with known bounds.
fn by_bounds_of_switch(key: &KeyFacts, settings: &Settings, unknown: &Unknown<bool>) -> Verdict {
    let interval = &key.rotation.interval_days;
    let on_or_off = |switch: Option<bool>, days: &Claim<i64>| match switch {
        Some(true) => scheduled(key, settings, days),
        Some(false) => unrotated(key, settings, true, days),
        None => unrotated(key, settings, false, days),
    };
    match &unknown.bounds {
        Bounds::Anything | Bounds::Nothing => wording::switch_unknown(key, unknown),
        Bounds::OneOf(cases) => {
            let verdicts =
                cases.iter().map(|case| (case.when.as_str(), on_or_off(case.value, &in_case(interval, &case.when)))).collect::<Vec<_>>();
            wording::by_cases(key, wording::at_unknown_switch(key), &unknown.why, &verdicts)
        }
        Bounds::Default { value, input } => {
            wording::by_default(key, settings, wording::at_unknown_switch(key), input, &on_or_off(*value, &at_default(interval)))
        }
    }
}

/// Row 11: the switch is on and the interval is unknown, perhaps with known bounds.
fn by_bounds_of_interval(key: &KeyFacts, settings: &Settings, unknown: &Unknown<i64>) -> Verdict {
    let check = |days: Option<i64>| days.map_or_else(|| no_interval(key, settings), |days| with_interval(key, settings, days));
    match &unknown.bounds {
        Bounds::Anything | Bounds::Nothing => wording::interval_unknown(key, unknown),
        Bounds::OneOf(cases) => {
            let verdicts = cases.iter().map(|case| (case.when.as_str(), check(case.value))).collect::<Vec<_>>();
            wording::by_cases(key, wording::at_unknown_interval(key), &unknown.why, &verdicts)
        }
        Bounds::Default { value, input } => wording::by_default(key, settings, wording::at_unknown_interval(key), input, &check(*value)),
    }
}

/// The interval in one case of the switch: `enabled = var.x ? true : false` and `days = var.x ? 90 : null` have the same condition.
fn in_case(interval: &Fact<i64>, when: &str) -> Claim<i64> {
    if let Some(Unknown { bounds: Bounds::OneOf(cases), .. }) = interval.as_unknown()
        && let Some(case) = cases.iter().find(|case| case.when == when)
    {
        return case.value.map_or(Claim::Unset, Claim::Known);
    }
    interval.claim.clone()
}

/// The interval if the caller sets nothing.
fn at_default(interval: &Fact<i64>) -> Claim<i64> {
    match interval.as_unknown() {
        Some(Unknown { bounds: Bounds::Default { value, .. }, .. }) => value.map_or(Claim::Unset, Claim::Known),
        _ => interval.claim.clone(),
    }
}

/// How many versions are `oci_kms_key_version` resources: each is one rotation. Versions listed by the service have OCIDs and are not
/// counted, since they include the first one.
fn manual_versions(key: &KeyFacts) -> usize {
    key.versions.iter().filter(|version| !version.id.starts_with("ocid1.")).count()
}

/// How old a version is.
#[derive(Clone, Copy, Debug)]
struct Age {
    /// Complete days.
    days: i64,
    /// Whether it is older than that by less than a day.
    and_more: bool,
}

impl Age {
    fn of(created: Timestamp, settings: &Settings) -> Self {
        let age = settings.now.duration_since(created).max(SignedDuration::ZERO);
        let days = age.as_secs() / 86_400;
        Self { days, and_more: age > SignedDuration::from_hours(days * 24) }
    }

    fn is_over(self, limit: i64) -> bool {
        self.days > limit || (self.days == limit && self.and_more)
    }

    /// "412 days old"
    fn described(self) -> String {
        if self.days == 1 { "1 day old".to_owned() } else { format!("{} days old", self.days) }
    }
}

#[cfg(test)]
mod tests;
