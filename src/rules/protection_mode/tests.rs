//! OCI-KMS-004 by example: a test for each row of the table in its document.

use super::*;
use crate::base::{Fact, Step, StepKind};
use crate::key::{CaUse, Lifecycle, PlannedAction, Symbolic, VaultType, VaultUsage};
use crate::rules::testing::{
    actual, by_default, declared, in_vault, key, one_of, planned, report, settings, settings_with, trail, verdict_words, with,
};

fn mode(key: KeyFacts, mode: &str) -> KeyFacts {
    with(key, |key| key.protection_mode = Fact::known(ProtectionMode::read(mode)))
}

fn used_by_authority(key: KeyFacts) -> KeyFacts {
    with(key, |key| key.authorities.push(CaUse { id: "oci_certificates_management_certificate_authority.root".to_owned(), place: None }))
}

fn verdict_of(key: &KeyFacts) -> (&'static str, &'static str) {
    verdict_words(&RULE, key, &settings())
}

#[test]
fn row_1_ending_or_disabled_key_is_not_applicable_even_if_an_authority_uses_it() {
    let ending = used_by_authority(mode(key(Stage::Declared, PlannedAction::Delete), "HSM"));
    assert_eq!(verdict_of(&ending), ("not-applicable", "ending"));
    for (state, kind) in [("PENDING_DELETION", "ending"), ("DELETED", "ending"), ("DISABLED", "disabled"), ("disabled", "disabled")] {
        let key = used_by_authority(with(actual(), |key| key.lifecycle = Fact::known(Lifecycle::read(state))));
        assert_eq!(verdict_of(&key), ("not-applicable", kind), "{state}");
    }
    let enabled = with(mode(actual(), "HSM"), |key| key.lifecycle = Fact::known(Lifecycle::Enabled));
    assert_eq!(verdict_of(&enabled), ("violation", "hsm"));
}

#[test]
fn row_1_forgotten_key_is_not_applicable_and_possibly_disabled_key_is_undetermined() {
    let forgotten = mode(key(Stage::Declared, PlannedAction::Forget), "HSM");
    assert_eq!(verdict_of(&forgotten), ("not-applicable", "forgotten"));
    assert!((RULE.check)(&forgotten, &settings()).message().contains("`kmslint live`"));
    let state = |key, fact| with(mode(key, "HSM"), |key| key.lifecycle = fact);
    let unknown = || Fact::unknown("variable `on` has no value");
    assert_eq!(verdict_of(&state(declared(), unknown())), ("undetermined", "unknown"));
    let software = with(state(declared(), unknown()), |key| key.protection_mode = Fact::known(ProtectionMode::Software));
    assert_eq!(verdict_of(&software).0, "pass");
    assert_eq!(verdict_of(&state(planned(), unknown())), ("violation", "hsm"), "a new key is created enabled");
    let either = |word| one_of([(Some(Lifecycle::Enabled), "`x`"), (Some(Lifecycle::read(word)), "not `x`")]);
    assert_eq!(verdict_of(&state(declared(), either("DISABLED"))), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&state(declared(), either("ENABLED"))), ("violation", "hsm"));
    assert_eq!(verdict_of(&state(declared(), by_default(Some(Lifecycle::Enabled), "state"))), ("violation", "hsm"));
    assert_eq!(verdict_of(&state(declared(), by_default(Some(Lifecycle::Disabled), "state"))), ("undetermined", "unknown"));
}

#[test]
fn row_1_key_created_disabled_is_checked_with_a_caution() {
    let disabled = |key| with(key, |key: &mut KeyFacts| key.lifecycle = Fact::known(Lifecycle::Disabled));
    assert_eq!(verdict_of(&disabled(declared())), ("not-applicable", "disabled"));
    let created = disabled(planned());
    assert_eq!(verdict_of(&created), ("violation", "hsm-by-default"));
    assert!(report(&RULE, &created, &settings()).note.contains("cannot create a disabled key"));
    let Verdict::Pass { advice: Some(advice), .. } = (RULE.check)(&mode(created, "SOFTWARE"), &settings()) else { panic!("no advice") };
    assert_eq!(advice.kind, SharedKind::CreatedDisabled.into());
    let restored = with(disabled(planned()), |key| key.restored = Fact::known(true));
    assert_eq!(verdict_of(&restored), ("not-applicable", "disabled"));
}

#[test]
fn row_1a_mode_of_a_restored_key_is_undetermined() {
    let restored = |key, fact| with(key, |key: &mut KeyFacts| key.restored = fact);
    for key in [declared(), planned(), mode(declared(), "HSM"), mode(planned(), "SOFTWARE"), used_by_authority(declared())] {
        assert_eq!(verdict_of(&restored(key, Fact::known(true))), ("undetermined", "restored"));
    }
    assert_eq!(verdict_of(&restored(mode(key(Stage::Declared, PlannedAction::Update), "HSM"), Fact::known(true))), ("violation", "hsm"));
    for word in ["HSM", "SOFTWARE"] {
        assert_eq!(verdict_of(&restored(mode(declared(), word), Fact::unknown("x"))), ("undetermined", "restored"));
    }
    assert_eq!(verdict_of(&restored(used_by_authority(declared()), Fact::unknown("x"))).1, "certificate-authority");
}

#[test]
fn row_8_imported_key_keeps_an_omitted_mode() {
    let imported = |key, fact| with(key, |key: &mut KeyFacts| key.imported = fact);
    for fact in [Fact::known(true), Fact::unknown("x")] {
        assert_eq!(verdict_of(&imported(declared(), fact.clone())), ("undetermined", "imported"));
        assert_eq!(verdict_of(&imported(mode(declared(), "HSM"), fact.clone())), ("violation", "hsm"));
        assert_eq!(verdict_of(&imported(mode(declared(), "SOFTWARE"), fact.clone())).0, "pass");
        let unset_or = |mode: &str| one_of([(None, "a"), (Some(ProtectionMode::read(mode)), "b")]);
        let either = |mode| imported(with(declared(), |key| key.protection_mode = unset_or(mode)), fact.clone());
        assert_eq!(verdict_of(&either("HSM")), ("undetermined", "depends"));
    }
    let existing = imported(mode(declared(), "HSM"), Fact::known(true));
    assert!(report(&RULE, &existing, &settings()).help.starts_with("Do not change `protection_mode`"));
}

#[test]
fn fix_is_unsafe_if_an_authority_of_another_stack_may_use_the_key() {
    let safety = |key: &KeyFacts| (RULE.remedies)(key, Kind::Hsm.into(), &settings()).unwrap()[0].safety;
    let shaped = |algorithm: Fact<String>| {
        with(mode(planned(), "HSM"), |key| {
            key.id.input = InputKind::Plan;
            key.declared.block = Some(key.place.clone());
            key.shape.algorithm = algorithm;
        })
    };
    let sentence = "it must stay an HSM key";
    for algorithm in ["RSA", "ecdsa"] {
        let key = shaped(Fact::known(algorithm.to_owned()));
        assert_eq!(safety(&key), crate::rules::Safety::Unsafe);
        assert!(report(&RULE, &key, &settings()).help.contains(sentence));
    }
    assert_eq!(safety(&shaped(Fact::unknown("x"))), crate::rules::Safety::Unsafe);
    let aes = shaped(Fact::known("AES".to_owned()));
    assert_eq!(safety(&aes), crate::rules::Safety::Safe);
    assert!(!report(&RULE, &aes, &settings()).help.contains(sentence));
}

#[test]
fn help_for_a_replica_refers_to_the_primary_key() {
    let replica = with(mode(actual(), "HSM"), |key| key.replication_role = ReplicationRole::Replica);
    assert!(report(&RULE, &replica, &settings()).help.starts_with("This key is a replica"));
    assert!((RULE.remedies)(&replica, Kind::Hsm.into(), &settings()).is_err());
}

#[test]
fn wrong_endpoint_is_reported_with_and_without_a_violation() {
    let wrong = |key| {
        with(key, |key: &mut KeyFacts| {
            key.wrong_endpoint = Some(Box::new(Step::new(key.place.clone(), "this is the endpoint of the region")))
        })
    };
    assert!(report(&RULE, &wrong(declared()), &settings()).note.contains("fails with 404"));
    let Verdict::Pass { advice: Some(advice), .. } = (RULE.check)(&wrong(mode(declared(), "SOFTWARE")), &settings()) else {
        panic!("no advice")
    };
    assert_eq!(advice.kind, SharedKind::WrongEndpoint.into());
}

#[test]
fn row_2_authority_takes_precedence_over_an_external_vault() {
    assert_eq!(verdict_of(&used_by_authority(mode(declared(), "HSM"))), ("not-applicable", "certificate-authority"));
    assert_eq!(verdict_of(&used_by_authority(in_vault(declared(), VaultType::External))), ("not-applicable", "certificate-authority"));
}

#[test]
fn row_2_authority_with_an_unknown_key_makes_only_violations_undetermined() {
    let maybe = |key: KeyFacts| with(key, |key| key.authorities_unsure = Some("variable `x` has no value".into()));
    assert_eq!(verdict_of(&maybe(mode(declared(), "HSM"))), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&maybe(declared())), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&maybe(mode(declared(), "SOFTWARE"))), ("pass", "software"));
    let report = report(&RULE, &maybe(declared()), &settings());
    assert!(report.message.ends_with("uses the key: variable `x` has no value"), "{}", report.message);
    assert!(report.note.contains("uses it: the key will be HSM-protected"), "{}", report.note);
}

#[test]
fn row_3_external_key_is_not_applicable() {
    assert_eq!(verdict_of(&mode(declared(), "external")), ("not-applicable", "external"));
    assert_eq!(verdict_of(&in_vault(mode(declared(), "SOFTWARE"), VaultType::External)), ("not-applicable", "external"));
    assert_eq!(verdict_of(&in_vault(mode(declared(), "HSM"), VaultType::External)), ("not-applicable", "external"));
    let referring = with(declared(), |key| key.external_key_reference = Fact::known("ekms-1".to_owned()));
    assert_eq!(verdict_of(&referring), ("not-applicable", "external"));
}

#[test]
fn row_3_unknown_external_reference_makes_an_omitted_mode_undetermined() {
    let unsure = with(declared(), |key| key.external_key_reference = Fact::unknown("variable `id` has no value"));
    assert_eq!(verdict_of(&unsure), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&mode(unsure, "HSM")), ("violation", "hsm"));
    let optional = with(declared(), |key| key.external_key_reference = by_default(None, "external_key_id"));
    assert_eq!(verdict_of(&optional), ("violation", "hsm-by-default"));
}

#[test]
fn row_4_software_passes_in_upper_and_lower_case() {
    for word in ["SOFTWARE", "software", "Software"] {
        assert_eq!(verdict_of(&mode(declared(), word)), ("pass", "software"));
    }
}

#[test]
fn row_5_hsm_is_a_violation_in_upper_and_lower_case() {
    for word in ["HSM", "hsm"] {
        assert_eq!(verdict_of(&mode(declared(), word)), ("violation", "hsm"));
    }
    assert_eq!(verdict_of(&mode(actual(), "HSM")), ("violation", "hsm"));
}

#[test]
fn row_6_omitted_mode_of_a_new_key_is_hsm() {
    for planned_action in [PlannedAction::Create, PlannedAction::Replace, PlannedAction::Unknown] {
        assert_eq!(verdict_of(&key(Stage::Declared, planned_action)), ("violation", "hsm-by-default"), "{planned_action:?}");
    }
    // An existing key keeps its mode, which is not recorded here.
    assert_eq!(verdict_of(&key(Stage::Declared, PlannedAction::NoOp)), ("undetermined", "unknown"));
    assert_eq!(verdict_of(&actual()), ("undetermined", "unknown"));
}

#[test]
fn row_7_undocumented_mode_is_a_violation() {
    let odd = mode(declared(), "Hardware");
    assert_eq!(verdict_of(&odd), ("violation", "invalid-protection-mode"));
    assert!(report(&RULE, &odd, &settings()).message.ends_with("`Hardware`"));
}

#[test]
fn default_is_shown_unless_it_is_sensitive() {
    let described = |fact, settings: &Settings| report(&RULE, &with(declared(), |key| key.protection_mode = fact), settings).message;
    let hsm = || by_default(Some(ProtectionMode::Hsm), "mode");
    assert!(described(hsm(), &settings()).contains("HSM"));
    let hidden = described(Fact { sensitive: true, ..hsm() }, &settings());
    assert!(hidden.contains("a mode that is not shown") && !hidden.contains("HSM"), "{hidden}");
    let accepting = settings_with(&ACCEPT_HSM_IN_PRIVATE_VAULT);
    let in_private = |fact| with(in_vault(declared(), VaultType::VirtualPrivate), |key| key.protection_mode = fact);
    assert_eq!(verdict_words(&RULE, &in_private(hsm()), &accepting), ("not-applicable", "private-vault"));
    assert_eq!(verdict_words(&RULE, &in_private(hsm()), &settings()).0, "undetermined");
    let invalid = in_private(by_default(Some(ProtectionMode::read("GOLD")), "mode"));
    assert_eq!(verdict_words(&RULE, &invalid, &accepting).0, "undetermined", "no setting accepts a mode that the service rejects");
    let elsewhere = with(in_vault(declared(), VaultType::Default), |key| key.protection_mode = hsm());
    assert_eq!(verdict_words(&RULE, &elsewhere, &accepting).0, "undetermined");
}

#[test]
fn help_for_a_rejected_expression_is_to_fix_it_and_not_to_pass_a_value() {
    let help = |fact| report(&RULE, &with(declared(), |key| key.protection_mode = fact), &settings()).help;
    let rejected = help(Fact::rejected("Terraform would reject its value"));
    assert!(rejected.starts_with("Fix the configuration") && !rejected.contains("--var"), "{rejected}");
    assert!(
        help(Fact::unknown(crate::base::Reason::no_value("x"))).contains("--var 'x=…'")
            && !help(Fact::unknown("known after apply")).contains("--var")
    );
    let symbolic = with(declared(), |key| {
        key.protection_mode = Fact::unknown("known after apply");
        key.symbolic = Some(Symbolic { why: crate::base::Reason::no_caller("count"), place: None });
    });
    assert!(report(&RULE, &symbolic, &settings()).help.starts_with("Check the directories that call this module"));
}

#[test]
fn row_8_unknown_mode_is_undetermined_unless_all_possible_values_agree() {
    let unknown = |fact| with(declared(), |key| key.protection_mode = fact);
    let (hsm, software, external) = (ProtectionMode::Hsm, ProtectionMode::Software, ProtectionMode::External);
    assert_eq!(verdict_of(&unknown(Fact::unknown("it is known after apply"))), ("undetermined", "unknown"));
    let mixed = unknown(one_of([(Some(hsm.clone()), "`var.x`"), (Some(software.clone()), "not `var.x`")]));
    assert_eq!(verdict_of(&mixed), ("undetermined", "depends"));
    assert_eq!(report(&RULE, &mixed, &settings()).note, "It will be HSM when `var.x` and SOFTWARE when not `var.x`.");
    assert_eq!(verdict_of(&unknown(one_of([(Some(hsm.clone()), "`var.x`"), (None, "not `var.x`")]))), ("violation", "hsm"));
    assert_eq!(verdict_of(&unknown(one_of([(None, "a"), (None, "b")]))), ("violation", "hsm-by-default"));
    assert_eq!(verdict_of(&unknown(one_of([(Some(software.clone()), "a"), (Some(external), "b")]))), ("pass", "software"));
    assert_eq!(verdict_of(&unknown(one_of([]))), ("undetermined", "depends"));
}

#[test]
fn default_that_the_caller_may_override_is_reported_as_a_default() {
    let by = |value: Option<ProtectionMode>| with(declared(), |key| key.protection_mode = by_default(value, "protection_mode"));
    for (value, word) in [(None, "HSM"), (Some(ProtectionMode::Hsm), "HSM"), (Some(ProtectionMode::Software), "SOFTWARE")] {
        let key = by(value);
        assert_eq!(verdict_of(&key), ("undetermined", "module-default"));
        let message = format!("keys of this module are {word} unless the caller sets `protection_mode`");
        assert_eq!(report(&RULE, &key, &settings()).message, message);
    }
}

#[test]
fn value_fixed_by_a_module_applies_to_symbolic_instances() {
    let symbolic = |key| with(key, |key| key.symbolic = Some(Symbolic { why: "no caller in the scanned directories".into(), place: None }));
    let hsm = symbolic(mode(declared(), "HSM"));
    assert_eq!(verdict_of(&hsm), ("violation", "hsm"));
    assert!(report(&RULE, &hsm, &settings()).note.contains("every key that the block may create: no caller in the scanned directories"));
    assert_eq!(verdict_of(&symbolic(mode(declared(), "SOFTWARE"))), ("pass", "software"));
}

#[test]
fn hsm_in_a_private_vault_is_accepted_by_the_setting() {
    let accepting = settings_with(&ACCEPT_HSM_IN_PRIVATE_VAULT);
    for key in [mode(declared(), "HSM"), declared()] {
        let private = in_vault(key.clone(), VaultType::VirtualPrivate);
        assert_eq!(verdict_words(&RULE, &private, &accepting), ("not-applicable", "private-vault"));
        assert_eq!(verdict_words(&RULE, &private, &settings()).0, "violation");
        assert_eq!(verdict_words(&RULE, &in_vault(key.clone(), VaultType::Default), &accepting).0, "violation");
        let unsure = with(key, |key| key.vault_type = Fact::unknown("the vault is in another state"));
        assert_eq!(verdict_words(&RULE, &unsure, &accepting), ("undetermined", "unknown"));
    }
    let invalid = in_vault(mode(declared(), "Hardware"), VaultType::VirtualPrivate);
    assert_eq!(verdict_words(&RULE, &invalid, &accepting), ("violation", "invalid-protection-mode"));
}

#[test]
fn advice_depends_on_the_key() {
    let help = |key: &KeyFacts| report(&RULE, key, &settings()).help;
    let message = |key: &KeyFacts| report(&RULE, key, &settings()).message;
    let (new, old) = (
        "set `protection_mode = \"SOFTWARE\"` before the key is created; the mode cannot be changed later",
        "changing it replaces the key",
    );
    let is_in = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    assert!(is_in(&help(&planned()), new) && !is_in(&help(&planned()), old));
    assert!(is_in(&help(&declared()), new) && is_in(&help(&declared()), old));
    let existing = mode(key(Stage::Declared, PlannedAction::NoOp), "HSM");
    assert!(is_in(&help(&existing), old) && !is_in(&help(&existing), new));
    assert!(help(&existing).contains("create a SOFTWARE key, re-encrypt, then retire this one"));
    assert_eq!(message(&existing), "the key is HSM-protected");
    assert!(help(&mode(key(Stage::Declared, PlannedAction::Replace), "HSM")).contains("before the new key is created"));
    assert_eq!(message(&planned()), "the key will be HSM-protected: `protection_mode` is not set, and the service's default is HSM");
    assert!(help(&mode(actual(), "HSM")).contains("`[[exempt]]`"));
}

#[test]
fn note_depends_on_the_vault() {
    let note = |key: &KeyFacts| report(&RULE, key, &settings()).note;
    assert!(note(&in_vault(planned(), VaultType::VirtualPrivate)).contains("the first 1,000 key versions are included"));
    assert!(note(&in_vault(planned(), VaultType::Default)).contains("billed per key version beyond the free allowance"));
    let used = with(mode(actual(), "HSM"), |key| key.vault_usage = Some(VaultUsage { hsm_versions: 37, software_versions: 2 }));
    assert!(note(&used).contains("The vault has 37 HSM key versions."));
}

#[test]
fn finding_is_placed_at_the_value_or_at_the_header() {
    let written = with(mode(declared(), "HSM"), |key| key.protection_mode.trail = trail("mode.tf").into());
    let at = report(&RULE, &written, &settings()).at.unwrap();
    assert_eq!((at.at.place, at.at.kind), (trail("mode.tf")[0].place.clone(), StepKind::Note("this makes it an HSM key".into())));
    assert!(at.trail.is_empty());
    let omitted = report(&RULE, &declared(), &settings()).at.unwrap();
    assert_eq!((omitted.at.place, omitted.trail), (declared().place, Vec::new()));
}

#[test]
fn hidden_value_is_checked_and_not_shown() {
    for hide in [|fact: &mut Fact<ProtectionMode>| fact.sensitive = true, |fact: &mut Fact<ProtectionMode>| fact.from_file = true] {
        let key = with(mode(declared(), "hunter2"), |key| hide(&mut key.protection_mode));
        assert_eq!(verdict_of(&key), ("violation", "invalid-protection-mode"));
        assert!(!format!("{:?}", (RULE.check)(&key, &settings())).contains("hunter2"));
        let cases = one_of([(Some(ProtectionMode::read("hunter2")), "a"), (Some(ProtectionMode::Software), "b")]);
        let key = with(declared(), |key| {
            key.protection_mode = cases;
            hide(&mut key.protection_mode);
        });
        assert_eq!(verdict_of(&key), ("undetermined", "depends"));
        assert!(!format!("{:?}", (RULE.check)(&key, &settings())).contains("hunter2"));
    }
}
