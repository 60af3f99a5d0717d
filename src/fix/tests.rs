//! Tests of which edits are made, with constructed keys and the findings of the real rules.

use super::{FixOptions, FixPlan, Safety, edits, rewrite};
use crate::base::{Claim, Fact, Place, SourceId, Sources, Span, Step};
use crate::key::{InputKind, KeyFacts, KeyId, PlannedAction, ProtectionMode, Stage, VaultType};
use crate::rules::testing::sample_rules;
use crate::rules::{Finding, Level, LeveledVerdict, Paths, Settings, findings};

/// Texts, and the keys that are declared in them.
#[derive(Default)]
struct TestTexts {
    sources: Sources,
    keys: Vec<KeyFacts>,
}

const BLOCK: &str = "resource \"oci_kms_key\" \"k\" {\n  display_name        = \"k\"\n  management_endpoint = var.e\n}\n";

impl TestTexts {
    fn add(&self, path: &str, text: &str) -> SourceId {
        self.sources.add(path, text.to_owned())
    }

    /// The place of the first occurrence of a text in a source.
    fn place(&self, id: SourceId, needle: &str) -> Place {
        let start = self.sources.get(id).text().find(needle).unwrap_or_else(|| panic!("{needle}"));
        Place::Source(Span::new(id, start..start + needle.len()))
    }

    fn fact<T>(&self, claim: Claim<T>, steps: &[(SourceId, &str)]) -> Fact<T> {
        let trail: Vec<Step> = steps.iter().map(|&(id, needle)| Step::new(self.place(id, needle), "")).collect();
        Fact { claim, ..Fact::unset() }.with_trail(trail)
    }

    /// A key whose block extends from its header to the end of the text.
    fn key(&self, id: SourceId, address: &str, input: InputKind, planned_action: PlannedAction) -> KeyFacts {
        let text = self.sources.get(id).text().to_owned();
        let start = text.find("\"k\": {").or_else(|| text.find("resource")).unwrap_or(0);
        let end = text.trim_end().trim_end_matches("}}}").len().max(start);
        let place = Place::Source(Span::new(id, start..start + 8));
        let key_id = KeyId { root: ".".into(), inputs: None, address: address.to_owned(), input };
        let mut key = KeyFacts::new(key_id, Stage::Declared, planned_action, place);
        key.declared.block = Some(Place::Source(Span::new(id, start..end)));
        key
    }

    fn plan(&self, unsafe_fixes: bool) -> (FixPlan, Vec<Finding>) {
        let settings = Settings::new("2026-01-01T00:00:00Z".parse().unwrap());
        let verdicts: Vec<_> = self
            .keys
            .iter()
            .flat_map(|key| sample_rules().map(|rule| (key, rule)))
            .map(|(key, rule)| (key, rule, (rule.check)(key, &settings)))
            .collect();
        let leveled = verdicts.iter().map(|(facts, rule, verdict)| LeveledVerdict {
            facts,
            rule,
            verdict,
            level: Level::Warning,
            undetermined: Level::Note,
        });
        let place =
            |place: &Place| place.span().map_or_else(String::new, |span| self.sources.get(span.source).path().display().to_string());
        let root = |root: &str| root.to_owned();
        let found = findings(leveled, &Paths { place: &place, root: &root, address: &|_| None });
        let keys: Vec<&KeyFacts> = self.keys.iter().collect();
        (edits(&found, &keys, &self.sources, &FixOptions { unsafe_fixes, settings, broken: Default::default() }), found)
    }

    fn texts(&self, plan: &FixPlan) -> Vec<(String, String)> {
        rewrite(&plan.edits, &self.sources).into_iter().map(|file| (file.path.display().to_string(), file.new)).collect()
    }
}

fn software(mut key: KeyFacts) -> KeyFacts {
    key.protection_mode = Fact::known(ProtectionMode::Software);
    key
}

fn private(mut key: KeyFacts) -> KeyFacts {
    key.vault_type = Fact::known(VaultType::VirtualPrivate);
    key
}

fn messages(plan: &FixPlan) -> Vec<&str> {
    plan.notes.iter().map(|note| note.message.as_str()).collect()
}

#[test]
fn rotation_is_turned_on_only_in_a_private_vault() {
    let mut texts = TestTexts::default();
    let id = texts.add("main.tf", BLOCK);
    texts.keys = vec![private(software(texts.key(id, "oci_kms_key.k", InputKind::Hcl, PlannedAction::Unknown)))];
    let (plan, found) = texts.plan(false);
    assert_eq!(
        texts.texts(&plan),
        [(
            "main.tf".to_owned(),
            "resource \"oci_kms_key\" \"k\" {\n  display_name             = \"k\"\n  management_endpoint      = var.e\n  \
             is_auto_rotation_enabled = true\n\n  auto_key_rotation_details {\n    rotation_interval_in_days = 90\n  }\n}\n"
                .to_owned()
        )]
    );
    assert!(plan.edits.iter().all(|edit| edit.safety == Safety::Safe && edit.addresses == ["oci_kms_key.k"]));
    let described = plan.edits_of(&found[0]).filter(|edit| !edit.description.is_empty());
    assert_eq!(described.count(), 2, "the other edits realign an `=`");

    let no_edit = "no edit of an argument fixes it; follow the help";
    let choice = "an edit is correct only if the vault is VIRTUAL_PRIVATE; see the help";
    for (vault, why) in [(Fact::known(VaultType::Default), no_edit), (Fact::unknown("known after apply"), choice)] {
        texts.keys[0].vault_type = vault;
        let (plan, found) = texts.plan(true);
        assert_eq!((found.len(), plan.edits.len(), messages(&plan)), (1, 0, vec![why]));
    }
}

#[test]
fn incomplete_schedule_is_completed_and_its_values_are_replaced() {
    let text = "resource \"oci_kms_key\" \"k\" {\n  is_auto_rotation_enabled = false\n  auto_key_rotation_details {\n    rotation_interval_in_days = 400\n  }\n}\n";
    let mut texts = TestTexts::default();
    let id = texts.add("main.tf", text);
    let mut key = private(software(texts.key(id, "oci_kms_key.k", InputKind::Hcl, PlannedAction::Unknown)));
    key.rotation.block = Some(texts.place(id, "auto_key_rotation_details"));
    key.rotation.enabled = texts.fact(Claim::Known(false), &[(id, "false")]);
    key.rotation.interval_days = texts.fact(Claim::Known(400), &[(id, "400")]);
    texts.keys = vec![key];
    let both = text.replace("false", "true").replace("400", "365");
    assert_eq!(texts.texts(&texts.plan(false).0)[0].1, both, "schedule-not-enabled, with an interval that is too long");

    texts.keys[0].rotation.enabled = Fact::known(true);
    texts.keys[0].vault_type = Fact::unset();
    assert_eq!(texts.texts(&texts.plan(false).0)[0].1, text.replace("400", "365"), "interval-too-long");

    let text = "resource \"oci_kms_key\" \"k\" {\n  auto_key_rotation_details { time_of_schedule_start = null }\n}\n";
    let id = texts.add("other.tf", text);
    let mut key = software(texts.key(id, "oci_kms_key.k", InputKind::Hcl, PlannedAction::Unknown));
    key.rotation.enabled = Fact::known(true);
    key.rotation.block = Some(texts.place(id, "auto_key_rotation_details"));
    texts.keys = vec![key];
    assert_eq!(
        texts.texts(&texts.plan(false).0)[0].1,
        "resource \"oci_kms_key\" \"k\" {\n  auto_key_rotation_details {\n    time_of_schedule_start = null\n    rotation_interval_in_days = 90\n  }\n}\n"
    );
    let zero = "resource \"oci_kms_key\" \"k\" {\n  i = 30\n}\n";
    let id = texts.add("zero.tf", zero);
    let mut key = software(texts.key(id, "oci_kms_key.k", InputKind::Hcl, PlannedAction::Unknown));
    key.rotation.enabled = Fact::known(true);
    key.rotation.interval_days = texts.fact(Claim::Known(30), &[(id, "30")]);
    texts.keys = vec![key];
    assert_eq!(texts.texts(&texts.plan(false).0)[0].1, zero.replace("30", "60"), "interval-rejected");
}

#[test]
fn protection_mode_is_changed_only_for_new_keys_or_with_unsafe_fixes() {
    let mut texts = TestTexts::default();
    let id = texts.add("main.tf", BLOCK);
    let with = BLOCK.replace("var.e\n", "var.e\n  protection_mode     = \"SOFTWARE\"\n");
    let (rule, id) = ("OCI-KMS-004", id);
    for (input, planned_action, is_safe) in [
        (InputKind::Hcl, PlannedAction::Unknown, false),
        (InputKind::Plan, PlannedAction::Create, true),
        (InputKind::Plan, PlannedAction::Replace, false),
        (InputKind::Hcl, PlannedAction::Create, false),
    ] {
        let mut key = texts.key(id, "oci_kms_key.k", input, planned_action);
        key.vault_type = Fact::known(VaultType::Default);
        texts.keys = vec![key];
        let (plan, _) = texts.plan(false);
        assert_eq!(plan.edits.len(), usize::from(is_safe), "{input:?} {planned_action:?}");
        let notes = plan.notes.iter().filter(|note| note.rule == rule).collect::<Vec<_>>();
        assert_eq!(notes.len(), usize::from(!is_safe));
        assert!(notes.iter().all(|note| note.message.starts_with("fixable with `--fix --unsafe-fixes`: ")));
        let (plan, _) = texts.plan(true);
        assert_eq!(texts.texts(&plan)[0].1, with);
        assert_eq!(plan.edits[0].description.contains("unreadable"), !is_safe, "an unsafe edit describes its consequence");
    }
}

#[test]
fn value_is_changed_at_its_origin_if_all_keys_agree() {
    let mut texts = TestTexts::default();
    let key = texts.add("m/main.tf", "resource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n");
    let again = texts.add("m/main.tf", "resource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n");
    let values = texts.add("terraform.tfvars", "mode = \"hsm\"\n");
    let fact = |id| texts.fact(Claim::Known(ProtectionMode::Hsm), &[(id, "var.mode"), (values, "\"hsm\"")]);
    let mut a = texts.key(key, "module.a.oci_kms_key.k", InputKind::Hcl, PlannedAction::Unknown);
    a.protection_mode = fact(key);
    let mut b = texts.key(again, "module.b.oci_kms_key.k", InputKind::Hcl, PlannedAction::Unknown);
    b.protection_mode = fact(again);
    texts.keys = vec![a, b];
    let (plan, _) = texts.plan(true);
    assert_eq!(texts.texts(&plan), [("terraform.tfvars".to_owned(), "mode = \"SOFTWARE\"\n".to_owned())]);
    assert_eq!(plan.edits[0].addresses, ["module.a.oci_kms_key.k", "module.b.oci_kms_key.k"]);

    // The key of a certificate authority needs the HSM, so neither key is edited.
    texts.keys[1].authorities.push(crate::key::CaUse { id: "ca".to_owned(), place: None });
    let (plan, _) = texts.plan(true);
    assert_eq!(plan.edits, []);
    let choice = "an edit is correct only if the vault is VIRTUAL_PRIVATE; see the help";
    assert_eq!(messages(&plan), [choice, "keys without a finding depend on this value too"]);
}

#[test]
fn instances_of_one_block_must_agree() {
    let mut texts = TestTexts::default();
    let id = texts.add("main.tf", BLOCK);
    let key = |address: &str| software(texts.key(id, address, InputKind::Hcl, PlannedAction::Unknown));
    let (a, mut b) = (private(key("oci_kms_key.k[0]")), key("oci_kms_key.k[1]"));
    b.vault_type = Fact::known(VaultType::Default);
    texts.keys = vec![a, b];
    let (plan, _) = texts.plan(false);
    assert_eq!(plan.edits, []);
    let no_edit = "no edit of an argument fixes it; follow the help";
    assert_eq!(messages(&plan), [no_edit, "the block also declares keys without a finding"]);
    assert_eq!(plan.notes[1].addresses, ["oci_kms_key.k[0]"]);
    texts.keys[1].vault_type = Fact::known(VaultType::VirtualPrivate);
    assert_eq!(texts.plan(false).0.edits.iter().filter(|edit| !edit.description.is_empty()).count(), 2);
}

#[test]
fn unfixable_values_are_reported_with_the_reason() {
    let mut texts = TestTexts::default();
    let text = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = upper(var.mode)\n}\n";
    let id = texts.add("main.tf", text);
    let given = texts.add("<--var for mode>", "HSM");
    let installed = texts.add(".terraform/modules/m/main.tf", text);
    let base = |id| texts.key(id, "oci_kms_key.k", InputKind::Hcl, PlannedAction::Unknown);
    let known =
        |id, steps: &[(SourceId, &str)]| KeyFacts { protection_mode: texts.fact(Claim::Known(ProtectionMode::Hsm), steps), ..base(id) };
    let computed = known(id, &[(id, "upper(var.mode)")]);
    let mut sensitive = computed.clone();
    sensitive.protection_mode.sensitive = true;
    let mut ignored = computed.clone();
    ignored.declared.ignore_changes = vec!["protection_mode".to_owned()];
    ignored.planned_action = PlannedAction::NoOp;
    let mut unknown_code = known(id, &[]);
    unknown_code.declared.block = None;
    let cases = [
        (computed, "`protection_mode` is computed, so there is no literal to replace"),
        (sensitive, "`protection_mode` is sensitive, so its value is not changed"),
        (ignored, "the key exists, and `ignore_changes` keeps Terraform from changing `protection_mode`"),
        (known(id, &[(id, "var.mode"), (given, "HSM")]), "the value is given on the command line or in the environment"),
        (known(installed, &[]), "`.terraform/modules/m/main.tf` is part of an installed module, which `terraform init` overwrites"),
        (unknown_code, "the code that declares the key is not available; pass its directory with `--source`"),
    ];
    let all: Vec<_> = cases.into_iter().map(|(key, message)| (vec![key], message)).collect();
    for (keys, message) in all {
        texts.keys = keys;
        let (plan, _) = texts.plan(true);
        assert_eq!(plan.edits, []);
        assert!(messages(&plan).contains(&message), "{message}: {:?}", plan.notes);
    }
}

#[test]
fn json_configuration_gets_json_properties() {
    let text = "{\"resource\": {\"oci_kms_key\": {\"k\": {\n  \"is_auto_rotation_enabled\": false,\n  \"x\": 1\n}}}}\n";
    let mut texts = TestTexts::default();
    let id = texts.add("main.tf.json", text);
    let mut key = private(texts.key(id, "oci_kms_key.k", InputKind::Plan, PlannedAction::Create));
    key.rotation.enabled = texts.fact(Claim::Known(false), &[(id, "false")]);
    texts.keys = vec![key];
    let (plan, found) = texts.plan(false);
    assert_eq!(found.len(), 2);
    assert_eq!(
        texts.texts(&plan)[0].1,
        "{\"resource\": {\"oci_kms_key\": {\"k\": {\n  \"protection_mode\": \"SOFTWARE\",\n  \
         \"auto_key_rotation_details\": { \"rotation_interval_in_days\": 90 },\n  \"is_auto_rotation_enabled\": true,\n  \"x\": 1\n}}}}\n"
    );
}
