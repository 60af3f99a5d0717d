//! Every row of the table of OCI-KMS-001, and the texts that depend on the key.

use super::super::testing::{
    actual, by_default, days_ago, declared, in_vault, key, now, one_of, planned, report, rotated, schedule, settings, settings_with, trail,
    verdict_words, version, with,
};
use super::*;
use crate::base::Place;
use crate::key::{CaUse, IdleSchedule, Lifecycle, PlannedAction, ProtectionMode, Symbolic, VaultType, VaultUsage};
use crate::rules::ChosenSettings;
use jiff::ToSpan;

fn verdict_of(key: &KeyFacts) -> (&'static str, &'static str) {
    verdict_words(&RULE, key, &settings())
}

/// The settings with this limit.
fn settings_with_limit(days: i64) -> Settings {
    let mut chosen = ChosenSettings::default();
    chosen.set_days(&MAX_ROTATION_DAYS, days);
    chosen.at(now())
}

fn switch(key: KeyFacts, on: bool) -> KeyFacts {
    with(key, |key| key.rotation.enabled = Fact::known(on))
}

/// The key with a current version that was created this many days ago.
fn aged(key: KeyFacts, days: i64) -> KeyFacts {
    with(key, |key| key.times.current_version = Some(days_ago(days)))
}

fn failing(key: KeyFacts) -> KeyFacts {
    with(key, |key| {
        key.times.last_status = Some(RotationStatus::Failed);
        key.times.last_message = Some("Vault is\n not active.".to_owned());
    })
}

fn rotated_by_code(key: KeyFacts, schedule: Schedule) -> KeyFacts {
    with(key, |key| key.schedules.push(schedule))
}

#[test]
fn row_1_ending_or_disabled_key_is_not_applicable_even_if_external() {
    assert_eq!(verdict_of(&in_vault(key(Stage::Declared, PlannedAction::Delete), VaultType::External)), ("not-applicable", "ending"));
    for (state, kind) in [("PENDING_DELETION", "ending"), ("SCHEDULING_DELETION", "ending"), ("DISABLED", "disabled")] {
        let key = with(failing(actual()), |key| key.lifecycle = Fact::known(Lifecycle::read(state)));
        assert_eq!(verdict_of(&key), ("not-applicable", kind), "{state}");
    }
}

#[test]
fn row_2_external_key_is_not_applicable_even_if_a_rotation_failed() {
    assert_eq!(verdict_of(&in_vault(failing(actual()), VaultType::External)), ("not-applicable", "external"));
    let external = with(failing(actual()), |key| key.protection_mode = Fact::known(ProtectionMode::External));
    assert_eq!(verdict_of(&external), ("not-applicable", "external"));
    let referring = with(declared(), |key| key.external_key_reference = Fact::known("ekms-1".to_owned()));
    assert_eq!(verdict_of(&referring), ("not-applicable", "external"));
}

#[test]
fn row_3_failed_rotation_takes_precedence_over_age() {
    let failed = aged(failing(rotated(actual(), 90)), 400);
    assert_eq!(verdict_of(&failed), ("violation", "rotation-failed"));
    assert!(report(&RULE, &failed, &settings()).note.contains("The service reports: \"Vault is not active\"."));
    assert_eq!(verdict_of(&rotated(failing(declared()), 90)), ("pass", "scheduled"), "only states and the service report failures");
}

#[test]
fn row_3_rotation_overdue_by_more_than_a_day_takes_precedence_over_age() {
    let due = |hours: i64| with(rotated(actual(), 90), |key| key.times.next_rotation = Some(now() - hours.hours()));
    assert_eq!(verdict_of(&aged(due(50), 400)), ("violation", "rotation-overdue"));
    assert!(report(&RULE, &due(50), &settings()).message.contains("due on 2026-11-19 (2 days ago)"));
    assert_eq!(verdict_of(&due(23)), ("pass", "scheduled"));
    assert_eq!(verdict_of(&due(-500)), ("pass", "scheduled"));
}

#[test]
fn row_4_version_over_the_limit_is_too_old_with_any_schedule() {
    let old = aged(rotated(actual(), 90), 412);
    assert_eq!(verdict_of(&old), ("violation", "too-old"));
    let described = report(&RULE, &old, &settings());
    assert_eq!(described.message, "the key's current version is 412 days old, and the limit is 365 days");
    assert!(described.note.contains("A schedule of 90 days exists."));
    assert_eq!(verdict_of(&in_vault(aged(switch(actual(), true), 412), VaultType::Default)), ("violation", "too-old"), "before row 5");
    assert!(report(&RULE, &aged(actual(), 412), &settings()).note.contains("No schedule exists."));
    let listed = with(actual(), |key| key.versions.push(version("ocid1.keyversion.oc1..a", Some(days_ago(366)), Some(true))));
    assert_eq!(verdict_of(&listed), ("violation", "too-old"));
    let strict = settings_with_limit(90);
    assert_eq!(verdict_words(&RULE, &aged(actual(), 91), &strict), ("violation", "too-old"));
    assert_eq!(verdict_of(&rotated(aged(declared(), 412), 90)), ("pass", "scheduled"), "the age does not apply to configuration");
}

#[test]
fn row_4_age_equal_to_the_limit_passes() {
    assert_eq!(verdict_of(&aged(actual(), 365)), ("pass", "young"));
    let just_over = with(actual(), |key| key.times.current_version = Some(days_ago(365) - 1.hour()));
    assert_eq!(verdict_of(&just_over), ("violation", "too-old"));
    assert!(report(&RULE, &just_over, &settings()).message.contains("more than 365 days old"));
}

#[test]
fn row_5_automatic_rotation_in_a_default_vault_is_a_violation_with_any_interval() {
    for key in [rotated(declared(), 90), rotated(declared(), 999), switch(declared(), true)] {
        let key = in_vault(key, VaultType::Default);
        assert_eq!(verdict_of(&key), ("violation", "auto-rotation-unsupported"));
        let described = report(&RULE, &key, &settings());
        assert!(described.note.contains("400 InvalidParameter: Automatic key rotation is not supported with VIRTUAL vaults"));
        assert!(!described.help.contains("is_auto_rotation_enabled = true"), "{}", described.help);
    }
}

#[test]
fn row_6_switch_without_an_interval_is_a_violation() {
    let bare = switch(declared(), true);
    assert_eq!(verdict_of(&bare), ("violation", "interval-missing"));
    let empty_block = with(bare, |key| key.rotation.block = Some(Place::File("block.tf".into())));
    assert_eq!(report(&RULE, &empty_block, &settings()).at.unwrap().at.place, Place::File("block.tf".into()));
}

#[test]
fn row_7_interval_over_the_limit_takes_precedence_over_a_late_start() {
    let late = with(rotated(declared(), 366), |key| key.rotation.start = Fact::known(now() + (24 * 900).hours()));
    assert_eq!(verdict_of(&late), ("violation", "interval-too-long"));
    let described = report(&RULE, &late, &settings());
    assert_eq!(described.message, "the rotation interval is 366 days, and the limit is 365 days");
    assert!(described.note.contains("The service also rejects it: it accepts 60 to 365 days."));
    let strict = settings_with_limit(90);
    assert_eq!(verdict_words(&RULE, &rotated(declared(), 180), &strict), ("violation", "interval-too-long"));
}

#[test]
fn row_8_interval_rejected_by_the_service_takes_precedence_over_a_late_start() {
    let late = with(rotated(declared(), 30), |key| key.rotation.start = Fact::known(now() + (24 * 900).hours()));
    assert_eq!(verdict_of(&late), ("violation", "interval-rejected"));
    assert_eq!(verdict_of(&rotated(declared(), 59)), ("violation", "interval-rejected"));
    assert_eq!(verdict_of(&rotated(declared(), -1)), ("violation", "interval-rejected"));
    assert_eq!(verdict_of(&rotated(declared(), 60)), ("pass", "scheduled"));
}

#[test]
fn row_9_first_rotation_is_counted_from_the_start() {
    let starting = |key: KeyFacts, days: i64| with(key, |key| key.rotation.start = Fact::known(now() + (24 * days).hours()));
    for (days, expected) in [(275, ("pass", "scheduled")), (276, ("violation", "starts-too-late")), (-3000, ("pass", "scheduled"))] {
        assert_eq!(verdict_of(&starting(rotated(planned(), 90), days)), expected, "start in {days} days");
    }
    let created = |days: i64| with(rotated(actual(), 90), |key| key.times.created = Some(days_ago(days)));
    assert_eq!(verdict_of(&starting(created(200), 80)), ("violation", "starts-too-late"), "370 days after it was created");
    assert_eq!(verdict_of(&starting(created(200), 70)), ("pass", "scheduled"));
    let described = report(&RULE, &starting(rotated(planned(), 90), 300), &settings());
    assert!(described.message.contains("on 2027-12-16"), "{}", described.message);
}

#[test]
fn row_9_schedule_of_an_old_key_that_starts_now_passes() {
    let old = with(rotated(key(Stage::Declared, PlannedAction::Update), 90), |key| {
        key.times.created = Some(days_ago(2000));
        key.rotation.start = Fact::known(now());
    });
    assert_eq!(verdict_of(&old), ("pass", "scheduled"));
    assert_eq!(
        verdict_of(&with(old, |key| key.rotation.start = Fact::known(now() + (24 * 400).hours()))),
        ("violation", "starts-too-late")
    );
}

#[test]
fn row_10_schedule_within_the_limit_passes_if_other_facts_are_unknown() {
    for key in [planned(), declared(), actual()] {
        assert_eq!(verdict_of(&rotated(key, 90)), ("pass", "scheduled"));
    }
    let unknown = with(rotated(declared(), 365), |key| {
        key.vault_type = Fact::unknown("the vault is in another state");
        key.rotation.start = Fact::unknown("variable `start` has no value");
    });
    assert_eq!(verdict_of(&unknown), ("pass", "scheduled"));
    let bounded = with(rotated(declared(), 365), |key| {
        key.vault_type = one_of([(Some(VaultType::Default), "a"), (Some(VaultType::VirtualPrivate), "b")])
    });
    assert_eq!(verdict_of(&bounded), ("pass", "scheduled"));
}

#[test]
fn row_11_unknown_interval_is_undetermined_even_if_code_rotates_the_key() {
    let unknown = |fact: Fact<i64>| {
        rotated_by_code(
            with(switch(declared(), true), |key| key.rotation.interval_days = fact),
            schedule(None, None, ScheduleForm::Accumulating),
        )
    };
    assert_eq!(verdict_of(&unknown(Fact::unknown("variable `days` has no value"))), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&unknown(one_of([(Some(90), "`var.prod`"), (Some(180), "not `var.prod`")]))), ("pass", "scheduled"));
    assert_eq!(verdict_of(&unknown(one_of([(Some(400), "`var.prod`"), (None, "not `var.prod`")]))), ("violation", "interval-too-long"));
    let mixed = unknown(one_of([(Some(90), "`var.prod`"), (Some(400), "not `var.prod`")]));
    assert_eq!(verdict_of(&mixed), ("undetermined", "depends"));
    assert!(report(&RULE, &mixed, &settings()).note.contains("When not `var.prod`: the rotation interval is 400 days"));
    assert_eq!(verdict_of(&unknown(by_default(Some(90), "days"))), ("undetermined", "module-default"));
}

#[test]
fn row_12_code_that_creates_the_next_version_in_time_passes() {
    let within = schedule(Some(366.0), Some(12), ScheduleForm::Accumulating);
    for key in
        [declared(), switch(declared(), false), with(declared(), |key| key.rotation.enabled = Fact::unknown("it is known after apply"))]
    {
        assert_eq!(verdict_of(&rotated_by_code(key, within.clone())), ("pass", "rotated-by-code"));
    }
    let default = in_vault(declared(), VaultType::Default);
    assert_eq!(
        verdict_of(&rotated_by_code(default.clone(), schedule(None, None, ScheduleForm::Accumulating))),
        ("pass", "rotated-by-code")
    );
    let off_with_interval = with(default, |key| key.rotation.interval_days = Fact::known(90));
    assert_eq!(verdict_of(&rotated_by_code(off_with_interval, within.clone())), ("pass", "rotated-by-code"), "before row 15");
    assert_eq!(verdict_of(&rotated_by_code(aged(actual(), 10), within)), ("pass", "rotated-by-code"), "before row 13");
}

#[test]
fn row_12_period_is_counted_in_months_for_a_year_and_in_days_for_other_limits() {
    let of = |days: f64, months: Option<i64>, limit: i64| {
        let key = rotated_by_code(declared(), schedule(Some(days), months, ScheduleForm::Accumulating));
        verdict_words(&RULE, &key, &settings_with_limit(limit)).1
    };
    assert_eq!(of(365.0, None, 365), "rotated-by-code");
    assert_eq!(of(365.5, None, 365), "no-rotation");
    assert_eq!(of(372.0, Some(12), 365), "rotated-by-code");
    assert_eq!(of(403.0, Some(13), 365), "no-rotation");
    assert_eq!(of(93.0, Some(3), 93), "rotated-by-code");
    assert_eq!(of(93.0, Some(3), 90), "no-rotation");
    assert_eq!(of(366.0, Some(12), 364), "no-rotation");
}

#[test]
fn row_12_replacing_versions_pass_with_advice() {
    let advice = |key: &KeyFacts| match (RULE.check)(key, &settings()) {
        Verdict::Pass { advice, .. } => advice,
        other => panic!("{other:?}"),
    };
    let replacing = rotated_by_code(declared(), schedule(Some(90.0), None, ScheduleForm::Replacing));
    assert_eq!(verdict_of(&replacing), ("pass", "rotated-by-code"));
    let described = advice(&replacing).unwrap();
    assert_eq!(described.kind, Kind::ReplacingVersions.into());
    assert_eq!(described.at, trail("infra/time.tf"));
    assert_eq!(advice(&rotated_by_code(replacing, schedule(Some(90.0), None, ScheduleForm::Accumulating))), None);
}

#[test]
fn row_12_plan_without_the_trigger_is_undetermined_before_row_15() {
    let unsure = with(declared(), |key| {
        key.schedules_unsure = Some("a plan does not carry `replace_triggered_by`".into());
        key.rotation.interval_days = Fact::known(90);
    });
    assert_eq!(verdict_of(&unsure), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&switch(unsure, true)), ("pass", "scheduled"));
}

#[test]
fn row_13_version_within_the_limit_is_young_on_actual_keys_only() {
    assert_eq!(verdict_of(&aged(actual(), 100)), ("pass", "young"));
    let written = with(aged(switch(actual(), false), 100), |key| key.rotation.interval_days = Fact::known(90));
    assert_eq!(verdict_of(&written), ("pass", "young"), "before row 15");
    assert_eq!(verdict_of(&in_vault(aged(actual(), 100), VaultType::Default)), ("pass", "young"), "before row 16");
    assert_eq!(verdict_of(&aged(declared(), 100)), ("violation", "no-rotation"));
}

#[test]
fn row_13_version_near_the_limit_is_due_soon() {
    let advice = |days: i64| match (RULE.check)(&aged(actual(), days), &settings()) {
        Verdict::Pass { advice, .. } => advice.map(|advice| (advice.kind, advice.message)),
        other => panic!("{other:?}"),
    };
    assert_eq!(advice(334), None);
    let (kind, message) = advice(335).unwrap();
    assert_eq!(kind, Kind::DueSoon.into());
    assert!(message.starts_with("the key must be rotated within 30 days"), "{message}");
    assert!(advice(365).unwrap().1.contains("today"));
}

#[test]
fn row_14_any_known_creation_time_within_the_limit_is_young() {
    let created = |days: i64| with(actual(), |key| key.times.created = Some(days_ago(days)));
    assert_eq!(verdict_of(&created(100)), ("pass", "young"));
    assert_eq!(verdict_of(&created(1000)), ("violation", "no-rotation"));
    let rotated_manually = with(created(1000), |key| key.versions.push(version("oci_kms_key_version.v", Some(days_ago(20)), None)));
    assert_eq!(verdict_of(&rotated_manually), ("pass", "young"));
    let unknown_switch = with(created(100), |key| key.rotation.enabled = Fact::unknown("it could not be read"));
    assert_eq!(verdict_of(&unknown_switch), ("pass", "young"), "before row 18");
    assert_eq!(verdict_of(&with(created(100), |key| key.stage = Stage::Declared)), ("violation", "no-rotation"));
}

#[test]
fn row_15_schedule_that_is_not_switched_on_is_a_violation() {
    for key in [declared(), switch(declared(), false)] {
        let written = with(key, |key| key.rotation.interval_days = Fact::known(90));
        assert_eq!(verdict_of(&written), ("violation", "schedule-not-enabled"));
        assert_eq!(verdict_of(&in_vault(written.clone(), VaultType::Default)), ("violation", "schedule-not-enabled"), "before row 16");
        let help = |vault| report(&RULE, &in_vault(written.clone(), vault), &settings()).help;
        assert!(help(VaultType::VirtualPrivate).contains("is_auto_rotation_enabled = true"));
        assert!(!help(VaultType::Default).contains("is_auto_rotation_enabled = true"));
    }
}

#[test]
fn row_16_advice_in_a_default_vault_is_never_the_switch() {
    for key in [
        planned(),
        declared(),
        actual(),
        switch(key(Stage::Declared, PlannedAction::Update), false),
        key(Stage::Declared, PlannedAction::Replace),
    ] {
        let key = in_vault(key, VaultType::Default);
        assert_eq!(verdict_of(&key), ("violation", "no-rotation"));
        let help = report(&RULE, &key, &settings()).help;
        assert!(
            !help.contains("is_auto_rotation_enabled") && help.contains("`oci_kms_key_version`") && help.contains("365 days"),
            "{help}"
        );
    }
}

#[test]
fn row_17_advice_in_other_vaults_is_the_switch_and_the_interval() {
    for key in
        [planned(), declared(), actual(), in_vault(declared(), VaultType::VirtualPrivate), in_vault(actual(), VaultType::VirtualPrivate)]
    {
        assert_eq!(verdict_of(&key), ("violation", "no-rotation"));
        let help = report(&RULE, &key, &settings()).help;
        assert!(help.contains("`is_auto_rotation_enabled = true`") && help.contains("rotation_interval_in_days = 90"), "{help}");
        assert!(help.contains("VIRTUAL_PRIVATE") || key.vault_type.value().is_some(), "{help}");
    }
    let strict = settings_with_limit(60);
    assert!(report(&RULE, &declared(), &strict).help.contains("rotation_interval_in_days = 60"));
}

#[test]
fn row_18_unknown_switch_is_undetermined_unless_all_possible_values_agree() {
    let unknown = |fact: Fact<bool>| with(declared(), |key| key.rotation.enabled = fact);
    assert_eq!(verdict_of(&unknown(Fact::unknown("variable `rotate` has no value"))), ("undetermined", "unknown"));
    let rejected = unknown(Fact::rejected("Terraform would reject its value"));
    assert_eq!(verdict_of(&rejected), ("undetermined", "unknown"));
    assert!(report(&RULE, &rejected, &settings()).help.starts_with("Fix the configuration"));
    let (on, off) = ("`var.rotate`", "not `var.rotate`");
    let either = || one_of([(Some(true), on), (Some(false), off)]);
    let together = with(unknown(either()), |key| key.rotation.interval_days = one_of([(Some(90), on), (None, off)]));
    assert_eq!(verdict_of(&together), ("undetermined", "depends"));
    let note = report(&RULE, &together, &settings()).note;
    assert_eq!(
        note,
        "When `var.rotate`: the key is rotated automatically every 90 days. When not `var.rotate`: nothing will rotate the key within 365 days."
    );
    let crossed = with(unknown(either()), |key| key.rotation.interval_days = one_of([(None, on), (Some(90), off)]));
    assert_eq!(verdict_of(&crossed), ("violation", "interval-missing"));
    assert_eq!(verdict_of(&in_vault(unknown(either()), VaultType::Default)), ("violation", "auto-rotation-unsupported"));
    assert_eq!(
        verdict_of(&with(unknown(one_of([(Some(true), on), (Some(true), off)])), |key| key.rotation.interval_days = Fact::known(90))).0,
        "pass"
    );
    assert_eq!(verdict_of(&unknown(one_of([(None, on), (Some(false), off)]))), ("violation", "no-rotation"));
}

#[test]
fn default_that_the_caller_may_override_is_reported_as_a_default() {
    let by = |value: Option<bool>, days: Option<i64>| {
        with(declared(), |key| {
            key.rotation.enabled = by_default(value, "rotate");
            key.rotation.interval_days = by_default(days, "days");
        })
    };
    for (key, message) in [
        (by(None, None), "keys of this module are not rotated unless the caller sets `rotate`"),
        (by(Some(false), Some(90)), "keys of this module are not rotated unless the caller sets `rotate`"),
        (by(Some(true), Some(90)), "keys of this module are rotated in time unless the caller sets `rotate`"),
        (by(Some(true), Some(400)), "unless the caller sets `rotate`: the rotation interval is 400 days, and the limit is 365 days"),
    ] {
        assert_eq!(verdict_of(&key), ("undetermined", "module-default"));
        assert_eq!(report(&RULE, &key, &settings()).message, message);
    }
}

#[test]
fn value_fixed_by_a_module_applies_to_symbolic_instances() {
    let symbolic = |key| with(key, |key| key.symbolic = Some(Symbolic { why: "`for_each` is known only after apply".into(), place: None }));
    assert_eq!(verdict_of(&symbolic(declared())), ("violation", "no-rotation"));
    assert_eq!(verdict_of(&symbolic(rotated(declared(), 90))), ("pass", "scheduled"));
    assert!(report(&RULE, &symbolic(declared()), &settings()).note.contains("`for_each` is known only after apply"));
}

#[test]
fn manual_versions_are_counted_and_pass_only_if_the_settings_accept_them() {
    let two = with(declared(), |key| {
        key.versions = vec![version("oci_kms_key_version.a", None, None), version("oci_kms_key_version.b", None, None)]
    });
    assert_eq!(verdict_of(&two), ("violation", "no-rotation"));
    let message = report(&RULE, &two, &settings()).message;
    assert_eq!(
        message,
        "nothing will rotate the key within 365 days; its 2 `oci_kms_key_version` resources are one rotation each, not a schedule"
    );
    let accepting = settings_with(&ACCEPT_MANUAL_VERSIONS);
    assert_eq!(verdict_words(&RULE, &two, &accepting), ("pass", "manual-versions"));
    assert_eq!(verdict_words(&RULE, &declared(), &accepting), ("violation", "no-rotation"));
    let listed = with(actual(), |key| key.versions = vec![version("ocid1.keyversion.oc1..first", None, None)]);
    assert_eq!(verdict_words(&RULE, &listed, &accepting), ("violation", "no-rotation"), "every key has a first version");
    assert_eq!(verdict_words(&RULE, &aged(two, 400), &accepting), ("pass", "manual-versions"), "the age does not apply to configuration");
}

#[test]
fn advice_depends_on_the_key() {
    let help = |key: &KeyFacts| report(&RULE, key, &settings()).help;
    let authority = with(declared(), |key| key.authorities.push(CaUse { id: "ca".to_owned(), place: None }));
    assert!(help(&authority).contains("does not renew the authority's certificate"));
    let ignoring = with(declared(), |key| key.declared.ignore_changes.push("is_auto_rotation_enabled".to_owned()));
    assert!(help(&ignoring).contains("`lifecycle.ignore_changes` lists `is_auto_rotation_enabled`"));
    assert!(!help(&with(ignoring, |key| key.planned_action = PlannedAction::Create)).contains("ignore_changes"));
    let slow = rotated_by_code(declared(), schedule(Some(400.0), None, ScheduleForm::Accumulating));
    assert!(report(&RULE, &slow, &settings()).note.contains("`time_rotating.yearly` creates a new version only every 400 days."));
    let used = with(actual(), |key| {
        key.protection_mode = Fact::known(ProtectionMode::Hsm);
        key.vault_usage = Some(VaultUsage { hsm_versions: 37, software_versions: 2 });
    });
    assert!(report(&RULE, &used, &settings()).note.contains("HSM key versions in the vault now: 37."));
}

/// Mutation testing showed that no other test covers the conditions of these texts.
#[test]
fn texts_depend_on_the_vault_the_schedule_and_whether_the_key_exists() {
    let described = |key: &KeyFacts| report(&RULE, key, &settings());
    let overdue = with(rotated(actual(), 90), |key| key.times.next_rotation = Some(days_ago(3)));
    assert!(described(&overdue).message.contains("(3 days ago)"), "{}", described(&overdue).message);
    let punctual = with(rotated(actual(), 90), |key| key.times.next_rotation = Some(days_ago(1)));
    assert_eq!(verdict_of(&punctual).0, "pass", "the service has until the end of the day");

    let old = |enabled: Fact<bool>, interval: Fact<i64>| {
        with(aged(actual(), 400), |key| (key.rotation.enabled, key.rotation.interval_days) = (enabled, interval))
    };
    for (enabled, interval, note) in [
        (Fact::known(true), Fact::known(90), "A schedule of 90 days exists."),
        (Fact::known(true), Fact::unknown("it is not reported"), "A schedule exists."),
        (Fact::known(false), Fact::known(90), "No schedule exists."),
    ] {
        let key = old(enabled, interval);
        assert!(described(&key).note.starts_with(note), "{}", described(&key).note);
    }

    let strict = settings_with_limit(180);
    let is_rejected = |days| report(&RULE, &rotated(declared(), days), &strict).note.contains("The service also rejects it");
    assert!(!is_rejected(365) && is_rejected(366), "the service accepts a year, the setting does not");

    let late = |key: KeyFacts| with(rotated(key, 90), |key| key.rotation.start = Fact::known(now() + (24 * 400).hours()));
    assert!(described(&late(planned())).message.ends_with("more than 365 days from now"));
    let existing = with(late(key(Stage::Declared, PlannedAction::NoOp)), |key| key.times.created = Some(days_ago(10)));
    assert!(described(&existing).message.ends_with("after the newest known key version was created"), "{}", described(&existing).message);

    let switched_off = |key: KeyFacts| with(switch(key, false), |key| key.rotation.interval_days = Fact::known(90));
    let help = "Set `is_auto_rotation_enabled = true`: the interval alone";
    assert!(described(&switched_off(in_vault(declared(), VaultType::VirtualPrivate))).help.starts_with(help));
    assert!(
        described(&switched_off(in_vault(declared(), VaultType::Default))).help.starts_with("DEFAULT vaults have no automatic rotation")
    );
    assert!(!described(&switched_off(in_vault(actual(), VaultType::VirtualPrivate))).help.starts_with(help));

    let of = |planned_action, vault: VaultType| described(&in_vault(key(Stage::Declared, planned_action), vault)).note;
    let (lost, unseen) = ("is not carried over to the new one", "A rotation from outside of Terraform cannot be seen here");
    assert!(of(PlannedAction::Replace, VaultType::Default).contains(lost) && !of(PlannedAction::NoOp, VaultType::Default).contains(lost));
    assert!(
        of(PlannedAction::NoOp, VaultType::Default).contains(unseen) && !of(PlannedAction::Create, VaultType::Default).contains(unseen)
    );
    assert!(!of(PlannedAction::NoOp, VaultType::VirtualPrivate).contains(unseen));
    assert!(!described(&in_vault(actual(), VaultType::Default)).note.contains(unseen), "the service sees it");

    let unknown = |key: &mut KeyFacts| key.rotation.enabled = Fact::unknown("it is not reported");
    let note = |vault| described(&in_vault(with(declared(), unknown), vault)).note;
    assert!(note(VaultType::Default).starts_with("The vault is DEFAULT") && !note(VaultType::VirtualPrivate).contains("DEFAULT"));

    let advised = |planned_action| described(&in_vault(key(Stage::Declared, planned_action), VaultType::VirtualPrivate)).help;
    let stays = "An existing key is updated in place.";
    assert!(advised(PlannedAction::NoOp).contains(stays) && !advised(PlannedAction::Create).contains(stays));
}

#[test]
fn cost_of_a_rotation_is_mentioned_for_hsm_keys_only() {
    let costs = |key: &KeyFacts| report(&RULE, key, &settings()).note.contains("billed per key version");
    let mode = |key: KeyFacts, mode: Fact<ProtectionMode>| with(key, |key| key.protection_mode = mode);
    assert!(costs(&mode(declared(), Fact::known(ProtectionMode::Hsm))) && !costs(&mode(declared(), Fact::known(ProtectionMode::Software))));
    assert!(
        costs(&planned()) && !costs(&key(Stage::Declared, PlannedAction::NoOp)),
        "an omitted mode creates an HSM key, and does not show the mode of an existing key"
    );
    assert!(!costs(&mode(declared(), Fact { sensitive: true, ..Fact::known(ProtectionMode::Hsm) })));
    assert!(!costs(&in_vault(planned(), VaultType::VirtualPrivate)), "a private vault has a flat price");
    let usage = |mode| {
        let used = with(actual(), |key| key.vault_usage = Some(VaultUsage { hsm_versions: 37, software_versions: 2 }));
        report(&RULE, &with(used, |key| key.protection_mode = Fact::known(mode)), &settings()).note.contains("37")
    };
    assert!(usage(ProtectionMode::Hsm) && !usage(ProtectionMode::Software));
}

#[test]
fn cases_with_different_verdicts_are_undetermined() {
    let key = with(rotated(declared(), 90), |key| key.rotation.enabled = one_of([(Some(false), "not `var.on`"), (Some(true), "`var.on`")]));
    assert_eq!(verdict_of(&key), ("undetermined", "depends"));
    let note = |key: &KeyFacts| report(&RULE, key, &settings()).note;
    let default = with(rotated(declared(), 400), |key| key.rotation.enabled = by_default(Some(true), "rotate"));
    assert!(note(&default).contains("The service also rejects it"), "{}", note(&default));
}

#[test]
fn unknown_switch_takes_precedence_over_the_age_of_a_version() {
    let young = with(aged(actual(), 10), |key| key.rotation.enabled = Fact::unknown("it is not reported"));
    assert_eq!(verdict_of(&young), ("undetermined", "unknown"));
    let message = |key: KeyFacts| match (RULE.check)(&key, &settings()) {
        Verdict::Pass { message, .. } => message,
        other => panic!("{other:?}"),
    };
    let created = |key: KeyFacts, days| with(key, |key| key.times.created = Some(days_ago(days)));
    let versions =
        |days| with(created(actual(), 300), |key| key.versions = vec![version("ocid1.keyversion.oc1..v", Some(days_ago(days)), None)]);
    assert!(message(versions(10)).starts_with("the key's newest version is"), "{}", message(versions(10)));
    assert!(message(versions(300)).starts_with("the key is"), "{}", message(versions(300)));
}

#[test]
fn hidden_values_are_checked_and_not_shown() {
    let secret = |days: i64, hide: fn(&mut KeyFacts)| with(rotated(declared(), days), hide);
    for (days, kind) in [(4321, "interval-too-long"), (43, "interval-rejected"), (143, "scheduled")] {
        let key = secret(days, |key| key.rotation.interval_days.sensitive = true);
        assert_eq!(verdict_of(&key).1, kind);
        assert!(!format!("{:?}", (RULE.check)(&key, &settings())).contains(&days.to_string()));
    }
    let start = |key: &mut KeyFacts| key.rotation.start = Fact { sensitive: true, ..Fact::known("2031-03-07T00:00:00Z".parse().unwrap()) };
    let key = secret(90, start);
    assert_eq!(verdict_of(&key).1, "starts-too-late");
    let described = format!("{:?}", (RULE.check)(&key, &settings()));
    assert!(!described.contains("2031"), "{described}");
}

#[test]
fn finding_is_placed_at_the_value_or_at_the_header() {
    let written = with(rotated(declared(), 400), |key| key.rotation.interval_days.trail = trail("days.tf").into());
    assert_eq!(report(&RULE, &written, &settings()).at.unwrap().at.place, Place::File("days.tf".into()));
    assert_eq!(report(&RULE, &declared(), &settings()).at.unwrap().at.place, declared().place);
    let off = with(switch(declared(), false), |key| key.rotation.enabled.trail = trail("switch.tf").into());
    let at = report(&RULE, &off, &settings()).at.unwrap();
    assert_eq!((&at.at.place, &*at.at.label()), (&Place::File("switch.tf".into()), "switched off here"));
}

#[test]
fn time_rotating_that_never_triggers_is_explained_with_a_working_form() {
    let at = trail("infra/version.tf").remove(0);
    let idle = |key: KeyFacts, period_days: f64, period_months: Option<i64>| {
        let (driver, trigger) = ("time_rotating.r".to_owned(), "time_rotating.r.id".to_owned());
        let idle = IdleSchedule { driver, trigger, period_days: Some(period_days), period_months, at: at.clone() };
        with(key, |key| key.idle_schedule = Some(Box::new(idle)))
    };
    let default = || in_vault(declared(), VaultType::Default);
    assert_eq!(verdict_of(&idle(default(), 90.0, None)), ("violation", "no-rotation"));
    let described = report(&RULE, &idle(default(), 90.0, None), &settings());
    assert!(described.note.contains("`time_rotating.r` in `replace_triggered_by` never triggers"), "{}", described.note);
    assert!(described.help.contains("triggers_replace = time_rotating.r.id") && !described.help.contains("period"), "{}", described.help);
    let placement = described.at.unwrap();
    assert!(placement.trail.contains(&at) && placement.at != at, "the finding stays at the key: {placement:?}");
    assert!(!report(&RULE, &idle(default(), 366.0, Some(12)), &settings()).help.contains("period"));
    assert!(report(&RULE, &idle(default(), 732.0, Some(24)), &settings()).help.contains("Its period must be at most 365 days."));
    let private = report(&RULE, &idle(in_vault(declared(), VaultType::VirtualPrivate), 90.0, None), &settings()).help;
    assert!(private.contains("terraform_data") && private.contains("is_auto_rotation_enabled = true"), "{private}");
}

#[test]
fn unknown_schedule_is_undetermined_only_instead_of_a_violation() {
    let unsure = |key: KeyFacts| with(key, |key| key.schedules_unsure = Some("variable `x` has no value".into()));
    assert_eq!(verdict_of(&unsure(declared())), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&unsure(aged(actual(), 100))), ("pass", "young"));
    let rotated = rotated_by_code(unsure(declared()), schedule(Some(90.0), None, ScheduleForm::Accumulating));
    assert_eq!(verdict_of(&rotated), ("pass", "rotated-by-code"));
}

#[test]
fn rows_6_and_14a_imported_key_keeps_omitted_arguments() {
    let imported = |key, fact| with(key, |key: &mut KeyFacts| key.imported = fact);
    for fact in [Fact::known(true), Fact::unknown("x")] {
        let key = |key| imported(key, fact.clone());
        assert_eq!(verdict_of(&key(declared())), ("undetermined", "imported"));
        assert_eq!(verdict_of(&key(in_vault(declared(), VaultType::Default))), ("undetermined", "imported"));
        assert_eq!(verdict_of(&key(with(declared(), |key| key.rotation.enabled = Fact::known(true)))), ("undetermined", "imported"));
        assert_eq!(verdict_of(&key(with(declared(), |key| key.rotation.enabled = Fact::known(false)))), ("violation", "no-rotation"));
        assert_eq!(verdict_of(&key(rotated(declared(), 90))), ("pass", "scheduled"));
        let scheduled = with(declared(), |key| key.schedules.push(schedule(Some(90.0), None, ScheduleForm::Accumulating)));
        assert_eq!(verdict_of(&key(scheduled)), ("pass", "rotated-by-code"));
    }
}

#[test]
fn rows_8_and_15_interval_of_0_is_sent_but_is_not_a_schedule() {
    assert_eq!(verdict_of(&rotated(declared(), 0)), ("violation", "interval-rejected"));
    let off = with(rotated(declared(), 0), |key| key.rotation.enabled = Fact::unset());
    assert_eq!(verdict_of(&off), ("violation", "no-rotation"));
}

#[test]
fn row_1_forgotten_key_is_not_applicable_and_possibly_disabled_key_is_undetermined() {
    assert_eq!(verdict_of(&key(Stage::Declared, PlannedAction::Forget)), ("not-applicable", "forgotten"));
    let maybe = with(declared(), |key| key.lifecycle = Fact::unknown("variable `on` has no value"));
    assert_eq!(verdict_of(&maybe), ("undetermined", "unknown"));
    assert!(report(&RULE, &maybe, &settings()).note.starts_with("If the key is enabled: nothing"));
}

#[test]
fn help_for_a_replica_refers_to_the_primary_key() {
    let replica = |key| with(key, |key: &mut KeyFacts| key.replication_role = crate::key::ReplicationRole::Replica);
    let old = replica(with(actual(), |key| key.times.current_version = Some(days_ago(400))));
    for key in [old, replica(declared())] {
        let help = report(&RULE, &key, &settings()).help;
        assert!(help.starts_with("This key is a replica: rotate the primary key") && !help.contains('`'), "{help}");
        assert!((RULE.remedies)(&key, Kind::NoRotation.into(), &settings()).is_err());
    }
}

#[test]
fn old_provider_gets_no_fix_and_help_to_upgrade() {
    let old = |is_locked| {
        with(in_vault(declared(), VaultType::VirtualPrivate), |key| {
            key.declared.block = Some(key.place.clone());
            key.old_provider = Some(std::sync::Arc::new(crate::key::OldProvider {
                version: "5.18.0".to_owned(),
                is_locked,
                place: key.place.clone(),
                predates_software_keys: false,
            }));
        })
    };
    for (is_locked, part) in [(true, "the lock file pins 5.18.0"), (false, "`required_providers` allows only `5.18.0`")] {
        let help = report(&RULE, &old(is_locked), &settings()).help;
        assert!(help.contains(part) && help.contains("5.31.0"), "{help}");
        assert!((RULE.remedies)(&old(is_locked), Kind::NoRotation.into(), &settings()).is_err());
    }
    let new = with(old(true), |key| key.old_provider = None);
    assert_eq!(
        (RULE.remedies)(&new, Kind::NoRotation.into(), &settings()).unwrap()[0].expected_verdict,
        ("pass", Some(Kind::Scheduled.into()))
    );
}

#[test]
fn fix_is_safe_only_if_the_vault_type_is_not_a_default() {
    let key = |by_default| {
        with(in_vault(declared(), VaultType::VirtualPrivate), |key| {
            key.declared.block = Some(key.place.clone());
            key.vault_type.by_default = by_default;
        })
    };
    let safety = |key: &KeyFacts| (RULE.remedies)(key, Kind::NoRotation.into(), &settings()).unwrap()[0].safety;
    assert_eq!((safety(&key(false)), safety(&key(true))), (crate::rules::Safety::Safe, crate::rules::Safety::Unsafe));
    let unsure = with(key(false), |key| key.vault_type = Fact::unknown("known after apply"));
    assert_eq!(safety(&unsure), crate::rules::Safety::Choice);
    let default = with(key(false), |key| key.vault_type = Fact::known(VaultType::Default));
    assert_eq!((RULE.remedies)(&default, Kind::NoRotation.into(), &settings()), Ok(Vec::new()));
}
