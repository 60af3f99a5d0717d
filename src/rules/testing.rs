//! Keys and settings for the tests of rules.

use super::{ChosenSettings, Report, Rule, Settings, SwitchSetting, Verdict};
use crate::base::{Bounds, Case, Claim, Fact, Place, Step};
use crate::key::{InputKind, KeyFacts, KeyId, KeyVersion, PlannedAction, Schedule, ScheduleForm, Stage, VaultType};
use jiff::{Timestamp, ToSpan};

/// The clock of all tests: 2026-11-21, noon.
pub(crate) fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn days_ago(days: i64) -> Timestamp {
    now() - (24 * days).hours()
}

pub(crate) fn settings() -> Settings {
    Settings::new(now())
}

/// The rules for tests that are not about a specific rule, so that a new rule does not change their expectations.
pub(crate) fn sample_rules() -> [&'static Rule; 2] {
    ["OCI-KMS-001", "OCI-KMS-004"].map(|id| super::by_id(id).unwrap())
}

/// The settings with this one switched on.
pub(crate) fn settings_with(row: &SwitchSetting) -> Settings {
    let mut chosen = ChosenSettings::default();
    chosen.switch(row, true);
    chosen.at(now())
}

/// A key without any arguments.
pub(crate) fn key(stage: Stage, planned_action: PlannedAction) -> KeyFacts {
    let id = KeyId { root: "infra".into(), inputs: None, address: "oci_kms_key.k".to_owned(), input: InputKind::Hcl };
    KeyFacts::new(id, stage, planned_action, Place::File("infra/main.tf".into()))
}

/// A key in configuration.
pub(crate) fn declared() -> KeyFacts {
    key(Stage::Declared, PlannedAction::Unknown)
}

/// A key that a plan creates.
pub(crate) fn planned() -> KeyFacts {
    key(Stage::Declared, PlannedAction::Create)
}

/// A key that exists.
pub(crate) fn actual() -> KeyFacts {
    key(Stage::Actual, PlannedAction::NoOp)
}

/// The key after a change.
pub(crate) fn with(mut key: KeyFacts, change: impl FnOnce(&mut KeyFacts)) -> KeyFacts {
    change(&mut key);
    key
}

/// The key with automatic rotation on, at this interval in days.
pub(crate) fn rotated(key: KeyFacts, days: i64) -> KeyFacts {
    with(key, |key| {
        key.rotation.enabled = Fact::known(true);
        key.rotation.interval_days = Fact::known(days);
    })
}

/// The key in a vault of this type.
pub(crate) fn in_vault(key: KeyFacts, vault: VaultType) -> KeyFacts {
    with(key, |key| key.vault_type = Fact::known(vault))
}

pub(crate) fn trail(path: &str) -> Vec<Step> {
    vec![Step::new(Place::File(path.into()), "")]
}

/// An unknown fact that has one of these values.
pub(crate) fn one_of<T>(cases: impl IntoIterator<Item = (Option<T>, &'static str)>) -> Fact<T> {
    let cases = cases.into_iter().map(|(value, when)| Case { value, when: when.to_owned() }).collect();
    bounded(Bounds::OneOf(cases))
}

/// A default that the caller of the module may override.
pub(crate) fn by_default<T>(value: Option<T>, input: &str) -> Fact<T> {
    bounded(Bounds::Default { value, input: input.to_owned() })
}

fn bounded<T>(bounds: Bounds<T>) -> Fact<T> {
    Fact { claim: Claim::unknown("variable `x` has no value", bounds), ..Fact::unset() }
}

/// A version of the key.
pub(crate) fn version(id: &str, time_created: Option<Timestamp>, is_current: Option<bool>) -> KeyVersion {
    KeyVersion { id: id.to_owned(), place: None, time_created, is_current, is_auto_rotated: None }
}

/// A schedule by which Terraform creates key versions.
pub(crate) fn schedule(period_days: Option<f64>, period_months: Option<i64>, form: ScheduleForm) -> Schedule {
    Schedule {
        period_days,
        period_months,
        form,
        driver: "time_rotating.yearly".to_owned(),
        version: "oci_kms_key_version.v".to_owned(),
        trail: trail("infra/time.tf"),
    }
}

/// The words of the verdict on a key and of its kind. Asserts the rules for texts of verdicts.
pub(crate) fn verdict_words(rule: &Rule, key: &KeyFacts, settings: &Settings) -> (&'static str, &'static str) {
    let verdict = (rule.check)(key, settings);
    assert!(!verdict.message().is_empty() && !verdict.message().ends_with('.'), "{}", verdict.message());
    if let Verdict::Violation(report) | Verdict::Undetermined(report) = &verdict {
        assert!(!report.help.is_empty() && report.help.ends_with('.') && !report.help.contains("  "), "{}", report.help);
        assert!(report.note.is_empty() || report.note.ends_with(['.', '!']), "{}", report.note);
        for text in [&report.message, &report.note, &report.help] {
            assert!(!text.contains(['$', '€']), "texts never contain a price: {text}");
        }
    }
    let kind = verdict.kind().word();
    assert!(rule.document.contains(&format!("| `{kind}` |")), "the document of {} does not list `{kind}`", rule.id);
    (verdict.word(), kind)
}

/// The report on a key. Panics if the verdict has none.
pub(crate) fn report(rule: &Rule, key: &KeyFacts, settings: &Settings) -> Report {
    match (rule.check)(key, settings) {
        Verdict::Violation(report) | Verdict::Undetermined(report) => report,
        other => panic!("no report: {other:?}"),
    }
}
